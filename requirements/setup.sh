#!/bin/sh
# Make .venv with the pinned packages and the affectmix command, or finish what was begun.
#
#   requirements/setup.sh run PYTHON    what the workflow needs
#   requirements/setup.sh dev PYTHON    what `make test` needs beside it
#
# A package that pip was writing when it was killed looks installed but is not whole. So a
# mark stands in .venv while pip writes, and a mark found at the start means: begin anew.
set -eu

stage=$1
python=$2
venv=.venv
mark=$venv/.writing

say() { printf 'affectmix: %s\n' "$*"; }
stop() { printf 'affectmix: %s\n' "$*" >&2; exit 1; }

check_python() {
    [ -n "$python" ] || stop "no Python found; AffectMix needs Python 3.11." \
        "On Debian: apt-get install python3.11 python3.11-venv. Or say which: make PYTHON=/path/to/python3.11"
    found=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])') \
        || stop "$python does not run; AffectMix needs Python 3.11: make PYTHON=/path/to/python3.11"
    [ "$found" = 3.11 ] || stop "$python is Python $found, but the pinned packages are those of" \
        "Python 3.11. Say where one is: make PYTHON=/path/to/python3.11"
}

check_folder() {
    case $PWD in
    *[[:space:]\'\"\$\&\;\(\)\<\>\|\*\?\`\\]*)
        stop "the folder is called '$PWD', and Snakemake starts scripts by a command that blanks," \
            "quotes and other characters of the shell break. Move or rename the folder."
        ;;
    esac
}

make_venv() {
    check_python
    say "making $venv with $python"
    "$python" -m venv "$@" "$venv" \
        || stop "could not make $venv. On Debian: apt-get install python3.11-venv; then the same command again."
    "$venv/bin/python" -m pip --version > /dev/null \
        || stop "$venv has no pip. Remove $venv and install python3.11-venv; then the same command again."
}

pip_install() {
    : > "$mark"
    "$venv/bin/python" -m pip install -qq --disable-pip-version-check "$@" || {
        rm -f "$mark"
        stop "pip could not install the packages (its message is above)." \
            "The same command again goes on from here."
    }
    rm -f "$mark"
}

check_folder
if [ -e "$mark" ]; then
    say "an earlier set-up was interrupted"
    rm -rf "$venv"
fi
if ! "$venv/bin/python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2> /dev/null; then
    make_venv --clear
elif ! "$venv/bin/python" -m pip --version > /dev/null 2>&1; then
    make_venv --clear
fi

case $stage in
run)
    say "installing torch (first and alone; the largest package, this can take minutes)"
    pip_install -r requirements/torch.txt -c requirements/lock.txt
    say "installing the other packages (about a minute)"
    pip_install -r requirements/lock.txt
    pip_install --no-deps -r requirements/models.txt
    pip_install --no-deps --no-build-isolation --editable .
    ;;
dev)
    say "installing what the tests need"
    pip_install -r requirements/dev.txt -r requirements/storage.txt -c requirements/lock.txt
    ;;
*)
    stop "setup.sh $stage: allowed are run and dev"
    ;;
esac
