# Builds what packages.nix describes, with the programs of the machine: no compiler, no network.
set -e
export PATH=/usr/bin:/bin HOME="$NIX_BUILD_TOP" SHELL=/bin/bash
for folder in $nativeBuildInputs; do
    [ ! -d "$folder/bin" ] || PATH="$folder/bin:$PATH"
done

# wrapProgram FILE (--suffix NAME SEPARATOR VALUE | --unset NAME)…
wrapProgram() {
    local file=$1 hidden
    hidden="$(dirname "$file")/.$(basename "$file")-wrapped"
    shift
    mv "$file" "$hidden"
    {
        echo '#!/bin/bash'
        while [ $# -gt 0 ]; do
            case $1 in
            --suffix) echo "export $2=\"\${$2:+\$$2$3}\"'$4'" && shift 4 ;;
            --prefix) echo "export $2='$4'\"\${$2:+$3\$$2}\"" && shift 4 ;;
            --unset) echo "unset $2" && shift 2 ;;
            *) echo "wrapProgram: $1" >&2 && exit 1 ;;
            esac
        done
        echo "exec '$hidden' \"\$@\""
    } >"$file"
    chmod +x "$file"
}

# substituteInPlace FILE --subst-var-by NAME VALUE
substituteInPlace() {
    [ "$2" = --subst-var-by ] && [ $# = 4 ] || { echo "substituteInPlace: $*" >&2 && exit 1; }
    sed -i "s|@$3@|$4|g" "$1"
}

if [ -n "$textPath" ]; then
    mkdir -p "$(dirname "$out$destination")"
    cp "$textPath" "$out$destination"
    [ -z "$executable" ] || chmod +x "$out$destination"
else
    source "$scriptPath"
fi
