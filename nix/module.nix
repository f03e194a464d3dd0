# bepository as a service of NixOS. Secrets are named by the files that hold them: nothing of them comes into the Nix store.
self:
{ config, lib, pkgs, ... }:

let
  cfg = config.services.bepository;
  inherit (lib) mkEnableOption mkIf mkOption optional optionalAttrs types;
in
{
  options.services.bepository = {
    enable = mkEnableOption "bepository, a Syncthing device whose disk is an object store";
    package = mkOption {
      type = types.package;
      default = self.packages.${pkgs.stdenv.hostPlatform.system}.default;
      description = "The package to run.";
    };
    storageUri = mkOption {
      type = types.str;
      example = "s3://bucket/prefix?region=eu-central-1";
      description = "Where the repository is. It holds no secret: it is logged and shown.";
    };
    masters = mkOption {
      type = types.listOf types.str;
      default = [ ];
      description = "Device ids of the Syncthing that may connect.";
    };
    listen = mkOption {
      type = types.str;
      default = "127.0.0.1:22001";
      description = "Where it listens for its masters.";
    };
    passphraseFile = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "/run/keys/bepository-passphrase";
      description = ''
        A file with the passphrase of an encrypted repository, in one line. systemd hands it to the service as a credential:
        root alone needs to read it. An empty location becomes an encrypted repository if it is set, else one in the clear.
      '';
    };
    environmentFile = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "/run/keys/bepository.env";
      description = "A file with more variables, such as the credentials of the store. Root alone needs to read it.";
    };
    settings = mkOption {
      type = types.attrsOf types.str;
      default = { };
      example = { BEPOSITORY_LIMIT_UPLOAD = "2M"; };
      description = "More variables, none of them secret.";
    };
    writablePaths = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "/srv/bepository" ];
      description = "The repository's directory, if it is one of this machine. The user `bepository` must own it.";
    };
  };

  config = mkIf cfg.enable {
    users.users.bepository = {
      isSystemUser = true;
      group = "bepository";
    };
    users.groups.bepository = { };
    environment.systemPackages = [ cfg.package ];

    systemd.services.bepository = {
      description = "bepository: a Syncthing device whose disk is an object store";
      after = [ "network-online.target" ];
      wants = [ "network-online.target" ];
      wantedBy = [ "multi-user.target" ];
      environment = {
        BEPOSITORY_STORAGE_URI = cfg.storageUri;
        BEPOSITORY_MASTER_DEVICE_ID = builtins.concatStringsSep "," cfg.masters;
        BEPOSITORY_LISTEN = cfg.listen;
      } // cfg.settings;
      serviceConfig = {
        Type = "exec";
        User = "bepository";
        Group = "bepository";
        ExecStart = "${cfg.package}/bin/bepository serve";
        CacheDirectory = "bepository";
        CacheDirectoryMode = "0700";
        LoadCredential = optional (cfg.passphraseFile != null) "passphrase:${cfg.passphraseFile}";
        ReadWritePaths = cfg.writablePaths;
        Restart = "on-failure";
        RestartSec = 30;
        # What only a person can mend is not tried again.
        RestartPreventExitStatus = "2 10 12 13 14 15";
        TimeoutStopSec = 120;
        NoNewPrivileges = true;
        PrivateTmp = true;
        PrivateDevices = true;
        ProtectSystem = "strict";
        ProtectHome = true;
        ProtectKernelTunables = true;
        ProtectKernelModules = true;
        ProtectControlGroups = true;
        RestrictAddressFamilies = "AF_INET AF_INET6 AF_UNIX";
        RestrictSUIDSGID = true;
        LockPersonality = true;
      } // optionalAttrs (cfg.environmentFile != null) { EnvironmentFile = cfg.environmentFile; };
    };
  };
}
