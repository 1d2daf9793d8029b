cd crud-web-apps/common/frontend/kubeflow-common-lib
npm_ci
npx ngcc
npm run build
cp -r dist/kubeflow "$output/"
