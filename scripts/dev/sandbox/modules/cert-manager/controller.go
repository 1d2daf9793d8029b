package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/sets"

	config "github.com/cert-manager/cert-manager/internal/apis/config/controller"
	configscheme "github.com/cert-manager/cert-manager/internal/apis/config/controller/scheme"
	internalv1alpha1 "github.com/cert-manager/cert-manager/internal/apis/config/controller/v1alpha1"
	"github.com/cert-manager/cert-manager/pkg/apis/config/controller/v1alpha1"
	cmcontroller "github.com/cert-manager/cert-manager/pkg/controller"
	shimgateway "github.com/cert-manager/cert-manager/pkg/controller/certificate-shim/gateways"
	"github.com/cert-manager/cert-manager/pkg/controller/configfile"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	// Kinds of issuers register themselves.
	_ "github.com/cert-manager/cert-manager/pkg/issuer/acme"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/ca"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/selfsigned"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/vault"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/venafi"
	utilfeature "github.com/cert-manager/cert-manager/pkg/util/feature"
)

func controller(ctx context.Context, args []string) error {
	settings, err := controllerSettings(args)
	if err != nil {
		return err
	}
	if err := utilfeature.DefaultMutableFeatureGate.SetFromMap(settings.FeatureGates); err != nil {
		return err
	}
	options, err := controllerOptions(settings)
	if err != nil {
		return err
	}
	factory, err := cmcontroller.NewContextFactory(ctx, options)
	if err != nil {
		return err
	}
	shared, err := factory.Build()
	if err != nil {
		return err
	}

	go func() {
		handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
		logf.Log.Error(http.ListenAndServe(settings.HealthzListenAddress, handler), "health server ended")
	}()

	var running sync.WaitGroup
	for name, construct := range cmcontroller.Known() {
		if !enabled(settings, name) {
			continue
		}
		loop, err := construct(factory)
		if err != nil {
			return fmt.Errorf("controller %s: %w", name, err)
		}
		running.Go(func() {
			if err := loop.Run(settings.NumberOfConcurrentWorkers, ctx); err != nil {
				logf.Log.Error(err, "controller ended", "controller", name)
				os.Exit(1)
			}
		})
	}
	shared.SharedInformerFactory.Start(ctx.Done())
	shared.KubeSharedInformerFactory.Start(ctx.Done())
	shared.HTTP01ResourceMetadataInformersFactory.Start(ctx.Done())
	if settings.EnableGatewayAPI || settings.GatewayAPIConfig.Enabled {
		shared.GWShared.Start(ctx.Done())
	}
	running.Wait()
	return nil
}

func enabled(settings *config.ControllerConfiguration, name string) bool {
	if slices.Contains(settings.Controllers, "-"+name) {
		return false
	}
	if name == shimgateway.ControllerName && (settings.EnableGatewayAPI || settings.GatewayAPIConfig.Enabled) {
		return true
	}
	wanted := slices.Contains(settings.Controllers, "*") && slices.Contains(internalv1alpha1.DefaultEnabledControllers, name)
	return wanted || slices.Contains(settings.Controllers, name)
}

// controllerSettings are the defaults, then the file that --config names, then the flags.
func controllerSettings(args []string) (*config.ControllerConfiguration, error) {
	scheme, _, err := configscheme.NewSchemeAndCodecs()
	if err != nil {
		return nil, err
	}
	versioned, settings := &v1alpha1.ControllerConfiguration{}, &config.ControllerConfiguration{}
	scheme.Default(versioned)
	if err := scheme.Convert(versioned, settings, nil); err != nil {
		return nil, err
	}
	path, err := configFile(args)
	if err != nil {
		return nil, err
	}
	if path != "" {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		file := configfile.New()
		if err := file.DecodeAndConfigure(data); err != nil {
			return nil, err
		}
		settings = file.Config
	}

	flags := pflag.NewFlagSet("controller", pflag.ContinueOnError)
	flags.String("config", "", "file with a ControllerConfiguration")
	flags.StringVar(&settings.KubeConfig, "kubeconfig", settings.KubeConfig, "")
	flags.StringVar(&settings.ClusterResourceNamespace, "cluster-resource-namespace", settings.ClusterResourceNamespace, "")
	flags.StringVar(&settings.ACMEHTTP01Config.SolverImage, "acme-http01-solver-image", settings.ACMEHTTP01Config.SolverImage, "")
	flags.StringSliceVar(&settings.ACMEHTTP01Config.SolverNameservers, "acme-http01-solver-nameservers", settings.ACMEHTTP01Config.SolverNameservers, "")
	flags.StringToStringVar(&settings.ACMEHTTP01Config.SolverExtraLabels, "acme-http01-solver-extra-labels", settings.ACMEHTTP01Config.SolverExtraLabels, "")
	flags.StringSliceVar(&settings.ACMEDNS01Config.RecursiveNameservers, "dns01-recursive-nameservers", settings.ACMEDNS01Config.RecursiveNameservers, "")
	flags.BoolVar(&settings.ACMEDNS01Config.RecursiveNameserversOnly, "dns01-recursive-nameservers-only", settings.ACMEDNS01Config.RecursiveNameserversOnly, "")
	flags.IntVar(&settings.MaxConcurrentChallenges, "max-concurrent-challenges", settings.MaxConcurrentChallenges, "")
	flags.BoolVar(&settings.EnableCertificateOwnerRef, "enable-certificate-owner-ref", settings.EnableCertificateOwnerRef, "")
	flags.BoolVar(&settings.EnableGatewayAPI, "enable-gateway-api", settings.EnableGatewayAPI, "")
	flags.StringSliceVar(&settings.Controllers, "controllers", settings.Controllers, "")
	ignoredFlags(flags, electionFlags...)
	logf.AddFlags(&settings.Logging, flags)
	return settings, flags.Parse(args)
}

func controllerOptions(settings *config.ControllerConfiguration) (cmcontroller.ContextOptions, error) {
	acme := settings.ACMEHTTP01Config
	nameservers := settings.ACMEDNS01Config.RecursiveNameservers
	if len(nameservers) == 0 {
		nameservers = []string{"127.0.0.1:53"}
	}
	options := cmcontroller.ContextOptions{
		Kubeconfig:         settings.KubeConfig,
		KubernetesAPIQPS:   settings.KubernetesAPIQPS,
		KubernetesAPIBurst: settings.KubernetesAPIBurst,
		Namespace:          settings.Namespace,
		IssuerOptions: cmcontroller.IssuerOptions{
			ClusterResourceNamespace:        settings.ClusterResourceNamespace,
			ClusterIssuerAmbientCredentials: settings.ClusterIssuerAmbientCredentials,
			IssuerAmbientCredentials:        settings.IssuerAmbientCredentials,
		},
		ACMEOptions: cmcontroller.ACMEOptions{
			HTTP01SolverImage:            acme.SolverImage,
			HTTP01SolverNameservers:      acme.SolverNameservers,
			HTTP01SolverExtraLabels:      acme.SolverExtraLabels,
			HTTP01SolverRuntimeClassName: acme.SolverRuntimeClassName,
			ACMEHTTP01SolverRunAsNonRoot: acme.SolverRunAsNonRoot,
			DNS01CheckAuthoritative:      !settings.ACMEDNS01Config.RecursiveNameserversOnly,
			DNS01Nameservers:             nameservers,
			DNS01CheckRetryPeriod:        settings.ACMEDNS01Config.CheckRetryPeriod,
		},
		IngressShimOptions: cmcontroller.IngressShimOptions{
			DefaultIssuerName:                 settings.IngressShimConfig.DefaultIssuerName,
			DefaultIssuerKind:                 settings.IngressShimConfig.DefaultIssuerKind,
			DefaultIssuerGroup:                settings.IngressShimConfig.DefaultIssuerGroup,
			DefaultAutoCertificateAnnotations: settings.IngressShimConfig.DefaultAutoCertificateAnnotations,
			ExtraCertificateAnnotations:       settings.IngressShimConfig.ExtraCertificateAnnotations,
			GatewayAPIExtraProtocols:          sets.New(settings.GatewayAPIConfig.ExtraProtocols...),
		},
		CertificateOptions: cmcontroller.CertificateOptions{
			EnableOwnerRef:                           settings.EnableCertificateOwnerRef,
			CopiedAnnotationPrefixes:                 settings.CopiedAnnotationPrefixes,
			CertificateRequestMinimumBackoffDuration: settings.CertificateRequestMinimumBackoffDuration,
			CertificateRequestMaximumBackoffDuration: settings.CertificateRequestMaximumBackoffDuration,
		},
		SchedulerOptions: cmcontroller.SchedulerOptions{MaxConcurrentChallenges: settings.MaxConcurrentChallenges},
		ConfigOptions: cmcontroller.ConfigOptions{
			EnableGatewayAPI: settings.EnableGatewayAPI || settings.GatewayAPIConfig.Enabled,
		},
	}
	for _, quantity := range []struct {
		text   string
		target *resource.Quantity
	}{
		{acme.SolverResourceRequestCPU, &options.HTTP01SolverResourceRequestCPU},
		{acme.SolverResourceRequestMemory, &options.HTTP01SolverResourceRequestMemory},
		{acme.SolverResourceLimitsCPU, &options.HTTP01SolverResourceLimitsCPU},
		{acme.SolverResourceLimitsMemory, &options.HTTP01SolverResourceLimitsMemory},
	} {
		value, err := resource.ParseQuantity(quantity.text)
		if err != nil {
			return options, err
		}
		*quantity.target = value
	}
	return options, nil
}
