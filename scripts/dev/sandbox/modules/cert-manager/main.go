// Command cert-manager runs one of cert-manager's programs: controller, webhook, cainjector, acmesolver, or the check
// of its API after an installation. It takes the flags that its chart sets, and refuses others. There is no election
// of a leader: a sandbox runs one of each.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/pflag"

	logf "github.com/cert-manager/cert-manager/pkg/logs"
	ctrl "sigs.k8s.io/controller-runtime"
)

var programs = map[string]func(ctx context.Context, args []string) error{
	"controller":      controller,
	"webhook":         webhook,
	"cainjector":      cainjector,
	"acmesolver":      acmesolver,
	"startupapicheck": startupapicheck,
}

func main() {
	if len(os.Args) < 2 || programs[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: cert-manager controller|webhook|cainjector|acmesolver|startupapicheck [flags]")
		os.Exit(2)
	}
	logf.InitLogs()
	ctrl.SetLogger(logf.Log)
	ctx, stop := signal.NotifyContext(logf.NewContext(context.Background(), logf.Log), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := programs[os.Args[1]](ctx, os.Args[2:]); err != nil {
		logf.FlushLogs()
		fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
	logf.FlushLogs()
}

// ignoredFlags declares flags that the chart sets and that mean nothing here.
func ignoredFlags(flags *pflag.FlagSet, names ...string) {
	for _, name := range names {
		flags.String(name, "", "ignored in the sandbox")
	}
}

// electionFlags are the chart's settings for the election of a leader.
var electionFlags = []string{
	"leader-election-namespace",
	"leader-election-lease-duration",
	"leader-election-renew-deadline",
	"leader-election-retry-period",
}

// configFile finds --config among flags of which the others are not known yet.
func configFile(args []string) (string, error) {
	flags := pflag.NewFlagSet("config", pflag.ContinueOnError)
	flags.ParseErrorsAllowlist.UnknownFlags = true
	flags.Usage = func() {}
	path := flags.String("config", "", "")
	err := flags.Parse(args)
	return *path, err
}
