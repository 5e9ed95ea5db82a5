# What modules say of themselves, for a manual that is not made here.
{ lib, ... }:
{
  options.meta = lib.mkOption {
    type = lib.types.submodule { freeformType = lib.types.attrsOf (lib.types.listOf lib.types.unspecified); };
    default = { };
  };
}
