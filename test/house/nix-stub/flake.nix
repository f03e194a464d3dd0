# Stands in for nixpkgs where there is no network: what our flake asks of nixpkgs, each thing answering with its own arguments.
{
  description = "a nixpkgs of paper";

  outputs = { self }:
    let
      lib = {
        genAttrs = names: f: builtins.listToAttrs (map (name: { inherit name; value = f name; }) names);
        importJSON = file: builtins.fromJSON (builtins.readFile file);
        last = list: builtins.elemAt list (builtins.length list - 1);
        splitString = separator: text: builtins.filter builtins.isString (builtins.split separator text);
        cleanSource = source: source;
        # Of the module system: what an option is, and no merging.
        mkEnableOption = description: { inherit description; default = false; };
        mkOption = option: option;
        mkIf = condition: content: if condition then content else { };
        optional = condition: value: if condition then [ value ] else [ ];
        optionalAttrs = condition: attributes: if condition then attributes else { };
        types = {
          package = "package";
          str = "str";
          listOf = of: "listOf ${of}";
          nullOr = of: "nullOr ${of}";
          attrsOf = of: "attrsOf ${of}";
        };
        licenses.mpl20 = { spdxId = "MPL-2.0"; };
      };
      derivationOf = system: name: arguments:
        derivation { inherit name system; builder = "/bin/sh"; } // { inherit arguments; };
      pkgsOf = system:
        let
          pkgs = {
            inherit lib;
            stdenv.hostPlatform = { inherit system; };
            callPackage = file: extra:
              let f = import file; in f (builtins.intersectAttrs (builtins.functionArgs f) pkgs // extra);
            buildNpmPackage = arguments: derivationOf system "${arguments.pname}-${arguments.version}" arguments;
            importNpmLock = { npmConfigHook = "hook"; __functor = _: arguments: arguments; };
            mkShell = arguments: derivationOf system "shell" arguments;
            nodejs_24 = ./nodejs;
            syncthing = derivationOf system "syncthing" { };
            curl = derivationOf system "curl" { };
            rclone = derivationOf system "rclone" { };
            cadaver = derivationOf system "cadaver" { };
            shellcheck = derivationOf system "shellcheck" { };
          };
        in
        pkgs;
    in
    {
      inherit lib;
      legacyPackages = lib.genAttrs [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ] pkgsOf;
    };
}
