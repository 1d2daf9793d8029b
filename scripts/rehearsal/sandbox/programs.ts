/** A program that is built from a pinned Go module. */
export interface Program {
	/** The folder below modules/ whose go.mod pins it. */
	module: string;
	/** The module in that go.mod whose version is the program's. */
	upstream: string;
	/** The package that is built. */
	package: string;
	/** What people call the version, where the pinned one is a commit. */
	label?: string;
	/** About how long a cold build takes on two cores: shown to whoever waits. */
	minutes: number;
	/** Variables that the linker sets; VERSION, MAJOR and MINOR stand for the program's version. */
	stamps?: readonly string[];
}

// Without these, Kubernetes' programs call themselves v0.0.0-master and charts that ask for a version refuse them.
const kubernetesStamps = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap((at) => [
	`${at}.gitVersion=vVERSION`,
	`${at}.gitMajor=MAJOR`,
	`${at}.gitMinor=MINOR`,
]);

function kubernetes(name: string, minutes: number): Program {
	return {
		module: "kubernetes",
		upstream: "k8s.io/kubernetes",
		package: `k8s.io/kubernetes/cmd/${name}`,
		minutes,
		stamps: kubernetesStamps,
	};
}

/** Every program that the sandbox can build, by its file's name. */
export const programs = {
	etcd: { module: "etcd", upstream: "go.etcd.io/etcd/server/v3", package: "go.etcd.io/etcd/server/v3", minutes: 1 },
	"kube-apiserver": kubernetes("kube-apiserver", 6),
	"kube-controller-manager": kubernetes("kube-controller-manager", 2),
	"kube-scheduler": kubernetes("kube-scheduler", 1),
	kubelet: kubernetes("kubelet", 1),
	"kube-proxy": kubernetes("kube-proxy", 1),
} as const satisfies Record<string, Program>;

/** The name of a program that the sandbox can build. */
export type ProgramName = keyof typeof programs;
