import { ApiObject, App, Chart } from 'cdk8s';
import type { KubernetesObject } from '../../components/component.ts';

/** The objects of one cluster, as the peer gets them. */
export interface ChartOfObjects {
  name: string;
  objects: readonly KubernetesObject[];
}

/**
 * Lets cdk8s write the same objects: one chart per cluster, as its users would.
 *
 * @returns the YAML
 */
export function synthesize(charts: readonly ChartOfObjects[]): string {
  const app = new App();
  for (const { name, objects } of charts) {
    const chart = new Chart(app, name, { disableResourceNameHashes: true });
    objects.forEach((object, index) => {
      const { apiVersion, kind, metadata, ...rest } = object;
      new ApiObject(chart, `${kind}-${metadata?.name ?? 'none'}-${index}`, {
        apiVersion,
        kind,
        ...(metadata === undefined ? {} : { metadata }),
        ...rest,
      });
    });
  }
  return app.synthYaml();
}
