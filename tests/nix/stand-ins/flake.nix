# The stand-ins in the place of nixpkgs: `--override-input nixpkgs path:tests/nix/stand-ins`.
{
  outputs =
    _:
    let
      lib = import (builtins.getEnv "NIXPKGS_LIB" + "/lib");
      systems = [
        "x86_64-linux"
        "aarch64-linux"
        "aarch64-darwin"
      ];
    in
    {
      inherit lib;
      legacyPackages = lib.genAttrs systems (system: import ./. { inherit lib system; });
    };
}
