# Services that no module of ours makes; Home Manager wants the option to be there.
{ lib, ... }:
{
  _class = "service";
  options.systemd = lib.mkOption {
    type = lib.types.attrsOf lib.types.anything;
    default = { };
  };
}
