import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { App, AppManifest, Cluster } from '../../config/cluster.ts';
import { loadCluster } from '../../config/load.ts';
import { appSource } from '../../config/schema/app-source.ts';
import { application } from '../../tree/application.ts';
import { idleMirrors } from '../../tree/idle-mirrors.ts';
import { placeComponent } from '../../tree/place.ts';
import { appComponents } from './app.ts';

const demo = loadCluster(join(import.meta.dirname, '../../..'), 'demo');
const images = { 'docker.io': 'registry.example.com/hub', 'quay.io/acme': 'registry.example.com/acme' };

/** The app itself, without its gate, on a cluster with these mirrors. */
function appWith(changes: Partial<App>, mirrored: Record<string, string> = images) {
  const grafana = demo.shared.apps.get('grafana');
  if (grafana === undefined) throw new Error('apps/grafana is not there');
  const { name, folder, file, manifests } = grafana;
  const place = { path: '/grafana/', strip: false };
  const names = { application: name, gate: `${name}-gate`, namespace: name };
  const app: App = { ...file, name, folder, manifests, place, ...names, ...changes };
  const cluster: Cluster = {
    ...demo,
    knownHost: 'kubeflow.example.com',
    mirrors: { charts: {}, git: {}, images: mirrored, logins: [] },
    runningApps: [app],
  };
  const component = appComponents(cluster).at(-1);
  if (component === undefined) throw new Error('there is no app');
  return { cluster, component };
}

describe('the images of an app come from their mirrors', () => {
  it('in plain objects, wherever they list containers, with tag and digest', () => {
    const pod = (image: string) => ({ containers: [{ name: 'a', image, env: [{ name: 'image', value: image }] }] });
    const made = (image: string) => {
      const object: AppManifest = {
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        metadata: { name: 'a', namespace: 'grafana' },
        spec: { image, jobTemplate: { spec: { template: { spec: pod(image) } } } },
      };
      const { cluster, component } = appWith({ source: { manifests: true }, manifests: [object] });
      const [found] = component.manifests?.(cluster) ?? [];
      return found as unknown as { spec: { image: string; jobTemplate: { spec: { template: { spec: object } } } } };
    };
    for (const [image, expected] of [
      ['busybox', 'registry.example.com/hub/library/busybox'],
      ['grafana/grafana:12', 'registry.example.com/hub/grafana/grafana:12'],
      [`quay.io/acme/web:v1@sha256:1`, 'registry.example.com/acme/web:v1@sha256:1'],
      ['localhost:5000/web:v1', 'localhost:5000/web:v1'],
      ['quay.io/other/web', 'quay.io/other/web'],
    ] as const) {
      const { image: other, jobTemplate } = made(image).spec;
      expect(jobTemplate.spec.template.spec).toMatchObject({
        containers: [{ image: expected, env: [{ value: image }] }],
      });
      // A field of this name outside of a list of containers is something else.
      expect(other).toBe(image);
    }
  });

  it('in a kustomization, those that app.yaml lists', () => {
    const source = appSource.parse({
      repository: 'https://git.example.com/web',
      path: 'deploy',
      version: 'v1',
      images: ['quay.io/acme/web', 'ghcr.io/acme/web'],
    });
    const { cluster, component } = appWith({ source });
    expect(application(cluster, placeComponent(cluster, component, 5), false).spec).toMatchObject({
      sources: [{ kustomize: { images: ['quay.io/acme/web=registry.example.com/acme/web:*'] } }, {}],
    });
  });

  it('in the values of a chart, whole or in halves; without a mirror they are as they stand', () => {
    const values = {
      whole: '{image quay.io/acme/web}:v1',
      halves: ['{registry grafana/grafana}', '{repository grafana/grafana}'],
    };
    const filled = (mirrored: Record<string, string>) => {
      const { cluster, component } = appWith({ values }, mirrored);
      return component.values?.(cluster);
    };
    expect(filled(images)).toEqual({
      whole: 'registry.example.com/acme/web:v1',
      halves: ['registry.example.com', 'hub/grafana/grafana'],
    });
    expect(filled({})).toEqual({ whole: 'quay.io/acme/web:v1', halves: ['docker.io', 'grafana/grafana'] });
  });

  it('in those that ship, so that a mirror for them alone has an effect', () => {
    const alone = { 'quay.io/prometheus': 'registry.example.com', 'docker.io/grafana': 'registry.example.com' };
    expect(idleMirrors(appWith({}, alone).cluster)).toEqual([]);
  });
});
