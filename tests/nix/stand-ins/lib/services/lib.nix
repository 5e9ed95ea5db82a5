# Home Manager looks for it below the package set; it is the real one.
import (builtins.getEnv "NIXPKGS_LIB" + "/lib/services/lib.nix")
