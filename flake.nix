{
  description = "bepository: a Syncthing device whose disk is an object store";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs = { self, nixpkgs }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ];
      each = build: nixpkgs.lib.genAttrs systems (system: build nixpkgs.legacyPackages.${system});
    in
    {
      packages = each (pkgs: rec {
        bepository = pkgs.callPackage ./nix/package.nix { };
        default = bepository;
      });

      nixosModules.default = import ./nix/module.nix self;

      devShells = each (pkgs: {
        default = pkgs.mkShell {
          packages = [ pkgs.nodejs_24 pkgs.syncthing pkgs.curl pkgs.rclone pkgs.cadaver pkgs.shellcheck ];
        };
      });
    };
}
