{
  description = "Claude Code first; a local model when the limit is hit. The work goes on, visibly.";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
    home-manager.url = "github:nix-community/home-manager";
    home-manager.inputs.nixpkgs.follows = "nixpkgs";
  };

  outputs =
    {
      self,
      nixpkgs,
      home-manager,
    }:
    let
      inherit (nixpkgs) lib;
      # x86_64-darwin: nixpkgs 26.11 no longer evaluates there.
      systems = [
        "x86_64-linux"
        "aarch64-linux"
        "aarch64-darwin"
      ];
      eachSystem = f: lib.genAttrs systems (system: f nixpkgs.legacyPackages.${system});
      packageOf = pkgs: pkgs.callPackage ./nix/package.nix { };
    in
    {
      packages = eachSystem (pkgs: {
        ai-code = packageOf pkgs;
        default = packageOf pkgs;
      });

      apps = eachSystem (pkgs: {
        default = {
          type = "app";
          program = lib.getExe (packageOf pkgs);
          meta.description = "Claude Code first, a local model at a limit";
        };
      });

      overlays.default = final: _: { ai-code = packageOf final; };

      homeModules = {
        default = self.homeModules.ai-code;
        ai-code = lib.modules.importApply ./home-modules/ai-code.nix { inherit packageOf; };
      };

      checks = eachSystem (
        pkgs:
        import ./nix/checks.nix {
          inherit pkgs packageOf;
          home-manager = home-manager.lib.homeManagerConfiguration;
          module = self.homeModules.default;
        }
      );

      devShells = eachSystem (pkgs: {
        default = pkgs.mkShell {
          packages = [
            pkgs.git
            pkgs.nodejs
            pkgs.python3
            pkgs.uv
          ];
        };
      });

      formatter = eachSystem (pkgs: pkgs.nixfmt-tree);
    };
}
