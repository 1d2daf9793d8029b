package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"
	apiext "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	kscheme "k8s.io/client-go/kubernetes/scheme"
	apireg "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/cert-manager/cert-manager/internal/kube"
	cmwebhook "github.com/cert-manager/cert-manager/internal/webhook"
	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	injector "github.com/cert-manager/cert-manager/pkg/controller/cainjector"
	"github.com/cert-manager/cert-manager/pkg/issuer/acme/http/solver"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	"github.com/cert-manager/cert-manager/pkg/util"
	"github.com/cert-manager/cert-manager/pkg/util/cmapichecker"
	"github.com/cert-manager/cert-manager/pkg/webhook/configfile"
	"github.com/cert-manager/cert-manager/pkg/webhook/options"
)

func webhook(ctx context.Context, args []string) error {
	settings, err := options.NewWebhookConfiguration()
	if err != nil {
		return err
	}
	path, err := configFile(args)
	if err != nil {
		return err
	}
	if path != "" {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file := configfile.New()
		if err := file.DecodeAndConfigure(data); err != nil {
			return err
		}
		settings = file.Config
	}
	flags := pflag.NewFlagSet("webhook", pflag.ContinueOnError)
	options.NewWebhookFlags().AddFlags(flags)
	options.AddConfigFlags(flags, settings)
	if err := flags.Parse(args); err != nil {
		return err
	}
	server, err := cmwebhook.NewCertManagerWebhookServer(logf.Log, *settings)
	if err != nil {
		return err
	}
	return server.Run(ctx)
}

func cainjector(ctx context.Context, args []string) error {
	flags := pflag.NewFlagSet("cainjector", pflag.ContinueOnError)
	ignoredFlags(flags, append([]string{"v", "metrics-listen-address"}, electionFlags...)...)
	if err := flags.Parse(args); err != nil {
		return err
	}
	cluster, err := kube.BuildClientConfig("", "")
	if err != nil {
		return err
	}
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{kscheme.AddToScheme, cmapi.AddToScheme, apiext.AddToScheme, apireg.AddToScheme} {
		utilruntime.Must(add(scheme))
	}
	// The user agent becomes the field manager: without one nothing gets injected.
	manager, err := ctrl.NewManager(util.RestConfigWithUserAgent(cluster, "cainjector"), ctrl.Options{
		Scheme:  scheme,
		Metrics: metricsserver.Options{BindAddress: "0"},
	})
	if err != nil {
		return err
	}
	err = injector.RegisterAllInjectors(ctx, manager, injector.SetupOptions{
		EnableCertificatesDataSource: true,
		EnabledReconcilersFor: map[string]bool{
			injector.MutatingWebhookConfigurationName:   true,
			injector.ValidatingWebhookConfigurationName: true,
			injector.APIServiceName:                     true,
			injector.CustomResourceDefinitionName:       true,
		},
	})
	if err != nil {
		return err
	}
	return manager.Start(ctx)
}

func acmesolver(_ context.Context, args []string) error {
	server := &solver.HTTP01Solver{}
	flags := pflag.NewFlagSet("acmesolver", pflag.ContinueOnError)
	flags.IntVar(&server.ListenPort, "listen-port", 8089, "")
	flags.StringVar(&server.Domain, "domain", "", "")
	flags.StringVar(&server.Token, "token", "", "")
	flags.StringVar(&server.Key, "key", "", "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	return server.Listen(logf.Log)
}

// startupapicheck waits until cert-manager's API can be used: `check api --wait=1m -v`.
func startupapicheck(ctx context.Context, args []string) error {
	flags := pflag.NewFlagSet("startupapicheck", pflag.ContinueOnError)
	wait := flags.Duration("wait", 0, "")
	flags.CountP("verbose", "v", "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	cluster, err := kube.BuildClientConfig("", "")
	if err != nil {
		return err
	}
	namespace, err := os.ReadFile("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
	if err != nil {
		return err
	}
	deadline := time.Now().Add(*wait)
	for {
		checker, err := cmapichecker.New(cluster, strings.TrimSpace(string(namespace)))
		if err == nil {
			err = checker.Check(ctx)
		}
		if err == nil {
			fmt.Println("The cert-manager API is ready")
			return nil
		}
		fmt.Println("Not ready:", err)
		if time.Now().After(deadline) {
			return err
		}
		time.Sleep(2 * time.Second)
	}
}
