// Command network-policies enforces NetworkPolicies on a node: the kernel hands it the first packet of every connection
// from or to a pod (iptables' NFQUEUE; see scripts/dev/sandbox/network-policies.ts), and it lets the packet pass or drops it.
// The judge is upstream's (sigs.k8s.io/kube-network-policies); its own way to the kernel needs nftables' queues, which
// not every kernel has. What is refused is a line of JSON on stdout each.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"log"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/florianl/go-nfqueue/v2"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/kube-network-policies/pkg/api"
	"sigs.k8s.io/kube-network-policies/pkg/network"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
	"sigs.k8s.io/kube-network-policies/pkg/podinfo"
)

// A pod's first packet may be faster than the news of its address.
const (
	patience = 10 * time.Second
	pause    = 20 * time.Millisecond
)

type judge struct {
	pods   *podinfo.InformerProvider
	engine *networkpolicy.PolicyEngine
	// Where pods have their addresses, and the one among them that is the node's.
	network *net.IPNet
	node    net.IP

	lines sync.Mutex
}

func main() {
	kubeconfig := flag.String("kubeconfig", "", "how to reach the API server")
	node := flag.String("node", "", "the node's name")
	podNetwork := flag.String("pod-network", "", "the addresses of pods, as 10.244.0.0/16; the first one is the node's")
	queue := flag.Uint("queue", 100, "the number of the kernel's queue")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *kubeconfig, *node, *podNetwork, uint16(*queue)); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, kubeconfig, node, podNetwork string, queue uint16) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	_, addresses, err := net.ParseCIDR(podNetwork)
	if err != nil {
		return err
	}
	first := append(net.IP{}, addresses.IP...)
	first[len(first)-1]++

	factory := informers.NewSharedInformerFactory(clients, 0)
	pods, namespaces := factory.Core().V1().Pods(), factory.Core().V1().Namespaces()
	resolver, err := podinfo.NewInformerResolver(pods.Informer())
	if err != nil {
		return err
	}
	provider := podinfo.NewInformerProvider(pods, namespaces, nil, []podinfo.IPResolver{resolver})
	policies := networkpolicy.NewStandardNetworkPolicy(node, namespaces, pods, factory.Networking().V1().NetworkPolicies())
	engine := networkpolicy.NewPolicyEngine(provider, []api.PolicyEvaluator{policies})
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	log.Print("knows all pods, namespaces and policies")
	return listen(ctx, queue, &judge{pods: provider, engine: engine, network: addresses, node: first})
}

// listen answers the kernel until ctx ends. Without an answer a packet is dropped: nothing passes unjudged.
func listen(ctx context.Context, queue uint16, judge *judge) error {
	packets, err := nfqueue.Open(&nfqueue.Config{
		NfQueue:      queue,
		MaxPacketLen: 128, // the headers
		MaxQueueLen:  4096,
		Copymode:     nfqueue.NfQnlCopyPacket,
		Flags:        nfqueue.NfQaCfgFlagGSO,
		WriteTimeout: 100 * time.Millisecond,
	})
	if err != nil {
		return err
	}
	defer packets.Close()
	answer := func(id uint32, pass bool) {
		verdict := nfqueue.NfDrop
		if pass {
			verdict = nfqueue.NfAccept
		}
		if err := packets.SetVerdict(id, verdict); err != nil {
			log.Printf("answering the kernel: %v", err)
		}
	}
	take := func(attribute nfqueue.Attribute) int {
		id := *attribute.PacketID
		packet, err := network.ParsePacket(*attribute.Payload)
		if err != nil {
			// Policies speak of TCP, UDP and SCTP only.
			answer(id, true)
			return 0
		}
		if judge.knows(packet) {
			answer(id, judge.passes(ctx, packet))
			return 0
		}
		go func() {
			for end := time.Now().Add(patience); time.Now().Before(end) && !judge.knows(packet); {
				time.Sleep(pause)
			}
			answer(id, judge.passes(ctx, packet))
		}()
		return 0
	}
	failed := func(err error) int {
		if temporary, ok := err.(interface{ Timeout() bool }); !ok || !temporary.Timeout() {
			log.Printf("reading from the kernel: %v", err)
		}
		return 0
	}
	if err := packets.RegisterWithErrorFunc(ctx, take, failed); err != nil {
		return err
	}
	log.Print("enforces")
	<-ctx.Done()
	return nil
}

// knows tells whether the pods at both ends are known, where they are pods.
func (j *judge) knows(packet network.Packet) bool {
	for _, address := range []net.IP{packet.SrcIP, packet.DstIP} {
		if !j.network.Contains(address) || address.Equal(j.node) {
			continue
		}
		if _, found := j.pods.GetPodInfoByIP(address.String()); !found {
			return false
		}
	}
	return true
}

func (j *judge) passes(ctx context.Context, packet network.Packet) bool {
	// No policy keeps a pod from itself, also not by way of its Service.
	if packet.SrcIP.Equal(packet.DstIP) {
		return true
	}
	passes, err := j.engine.EvaluatePacket(ctx, &packet)
	if err != nil {
		log.Printf("judging: %v", err)
	}
	if !passes {
		j.report(packet)
	}
	return passes
}

type refusal struct {
	Time     string `json:"time"`
	From     string `json:"from"`
	To       string `json:"to"`
	Port     int    `json:"port"`
	Protocol string `json:"protocol"`
}

func (j *judge) report(packet network.Packet) {
	line := refusal{
		Time:     time.Now().UTC().Format(time.RFC3339Nano),
		From:     j.nameOf(packet.SrcIP),
		To:       j.nameOf(packet.DstIP),
		Port:     packet.DstPort,
		Protocol: string(packet.Proto),
	}
	j.lines.Lock()
	defer j.lines.Unlock()
	if err := json.NewEncoder(os.Stdout).Encode(line); err != nil {
		log.Printf("writing what was refused: %v", err)
	}
}

// nameOf gives namespace/name of a pod, or the address of anything else.
func (j *judge) nameOf(address net.IP) string {
	if pod, found := j.pods.GetPodInfoByIP(address.String()); found {
		return pod.Namespace.Name + "/" + pod.Name
	}
	return address.String()
}
