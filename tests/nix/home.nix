# A home of the real Home Manager with our module, on the stand-ins of packages: what
# `home-manager switch` would build. HOME_MANAGER and NIXPKGS_LIB name checkouts.
{
  extra ? { },
  system ? builtins.currentSystem,
  user ? "someone",
  home ? "/home/someone",
  # What the configuration of NixOS says, where Home Manager is a module of it.
  os ? null,
}:
let
  lib = import (builtins.getEnv "NIXPKGS_LIB" + "/lib");
  packageOf = pkgs: pkgs.callPackage ../../nix/package.nix { };
in
import (builtins.getEnv "HOME_MANAGER" + "/modules") {
  inherit lib;
  pkgs = import ./stand-ins { inherit lib system; };
  extraSpecialArgs = lib.optionalAttrs (os != null) { osConfig = os; };
  configuration = {
    imports = [
      (lib.modules.importApply ../../home-modules/ai-code.nix { inherit packageOf; })
      {
        home = {
          username = user;
          homeDirectory = home;
          stateVersion = "26.05";
        };
        manual.manpages.enable = false;
        news.display = "silent";
        programs.ai-code.enable = lib.mkDefault true;
      }
      extra
    ];
  };
}
