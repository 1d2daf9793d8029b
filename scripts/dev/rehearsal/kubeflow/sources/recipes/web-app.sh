# words: FOLDER PAGES; in $beside is the library that all pages share
cd crud-web-apps
mkdir -p "$output/src"
cp -r common/backend/kubeflow "$output/opt/packages/"
# It does not start unless it finds its own version among the installed packages.
(cd common/backend && PYTHONPATH="$output/opt/packages" python3 setup.py --quiet egg_info --egg-base "$output/opt/packages")
cp -r "$1"/backend/* "$output/src/"
cd "$1/frontend"
npm_ci
rm -rf node_modules/kubeflow
cp -r "$beside/kubeflow" node_modules/
npm run build -- --output-path=dist/pages --configuration=production
mkdir -p "$output/src/$2"
cp -r dist/pages/. "$output/src/$2/"
