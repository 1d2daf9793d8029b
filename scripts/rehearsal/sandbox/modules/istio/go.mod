module breakwater.local/sandbox/istio

go 1.26.0

tool (
	istio.io/istio/cni/cmd/install-cni
	istio.io/istio/cni/cmd/istio-cni
	istio.io/istio/pilot/cmd/pilot-agent
	istio.io/istio/pilot/cmd/pilot-discovery
)

require istio.io/istio v0.0.0-20260827124520-eed52ebb66ad
