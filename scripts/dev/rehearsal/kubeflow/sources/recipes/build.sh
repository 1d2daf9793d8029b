# Builds one program from a commit of a repository, and leaves the files of its image in a folder.
# usage: build.sh OUTPUT REPOSITORY COMMIT PACKAGES PYTHON RECIPE [WORDS]; "" for what there is not. $beside is a folder built before.
export output="$1" repository="$2" commit="$3" packages="$4" python="$5" recipe="$6"
shift 6
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
mkdir -p "$output"
if [ -n "$packages" ]; then
  # For the interpreter of the image, which need not be this machine's.
  python3 -m pip install --quiet --require-hashes --no-deps --only-binary=:all: --python-version="$python" \
    --requirement="$packages" --target="$output/opt/packages"
fi
if [ -n "$repository" ]; then
  # It may belong to another user than the one who builds.
  git -c 'safe.directory=*' -C "$repository" archive "$commit" components | tar -x -C "$work"
  cd "$work/components"
fi
# What these packages would download or install besides is for their own developers.
export CI=1 HUSKY=0 CYPRESS_INSTALL_BINARY=0 PUPPETEER_SKIP_DOWNLOAD=1 NG_CLI_ANALYTICS=false
# Webpack 4 asks for a hash that OpenSSL 3 has among its old ones only.
export NODE_OPTIONS=--openssl-legacy-provider
npm_ci() { npm ci --ignore-scripts --no-audit --no-fund --loglevel=error; }
. "$recipe"
