module breakwater.local/sandbox/metallb

go 1.26.0

tool (
	go.universe.tf/metallb/controller
	go.universe.tf/metallb/speaker
)

require go.universe.tf/metallb v0.16.1
