cd centraldashboard
npm_ci
# Without upstream's third step, which lints.
NODE_ENV=production npx webpack
npx tsc
npm prune --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error
mkdir -p "$output/usr/src/app" "$output/usr/local/bin"
cp -r package.json dist node_modules "$output/usr/src/app/"
cp "$(node -p process.execPath)" "$output/usr/local/bin/node"
