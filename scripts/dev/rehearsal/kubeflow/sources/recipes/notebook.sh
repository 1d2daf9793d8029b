# The command of upstream's own image, with its settings.
mkdir -p "$output/home/jovyan"
cat >"$output/start-notebook" <<'START'
export JUPYTER_RUNTIME_DIR=/tmp/jupyter_runtime
exec python3 -m jupyterlab --notebook-dir="$HOME" --ip=0.0.0.0 --no-browser --port=8888 \
  --ServerApp.token= --ServerApp.password= --ServerApp.allow_origin='*' --ServerApp.allow_remote_access=True \
  --ServerApp.authenticate_prometheus=False --ServerApp.base_url="$NB_PREFIX"
START
