import { describe, expect, it } from 'vitest';
import type { LiveObject } from '../cluster/live.ts';
import { countKinds, reasonToKeep, stagesOf } from './uninstall-plan.ts';

const object = (apiVersion: string, kind: string, name = 'a'): LiveObject => ({ apiVersion, kind, metadata: { name } });

const webhook = object('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration');
const service = object('apiregistration.k8s.io/v1', 'APIService');
const issuer = object('cert-manager.io/v1', 'ClusterIssuer');
const deployment = object('apps/v1', 'Deployment');
const claim = object('v1', 'PersistentVolumeClaim');
const profile = object('kubeflow.org/v1', 'Profile');

describe('the order in which a component goes', () => {
  it('is webhooks and APIServices, custom objects, the rest', () => {
    const stages = stagesOf([deployment, issuer, service, webhook], { deleteData: false });
    expect(stages).toEqual({ callers: [service, webhook], custom: [issuer], rest: [deployment], kept: [] });
  });

  it('leaves namespaces and CRDs to their own steps', () => {
    const objects = [object('v1', 'Namespace'), object('apiextensions.k8s.io/v1', 'CustomResourceDefinition')];
    expect(Object.values(stagesOf(objects, { deleteData: true })).flat()).toEqual([]);
  });

  it('keeps volumes, and Profiles that own the namespaces of users, unless data is to go', () => {
    expect(stagesOf([claim, profile], { deleteData: false })).toMatchObject({
      custom: [],
      rest: [],
      kept: [claim, profile],
    });
    expect(stagesOf([claim, profile], { deleteData: true })).toMatchObject({
      custom: [profile],
      rest: [claim],
      kept: [],
    });
  });

  it('is summarized by kind, most first', () => {
    expect(countKinds([claim, deployment, object('apps/v1', 'Deployment', 'b')])).toBe(
      '2 Deployment, 1 PersistentVolumeClaim',
    );
  });
});

describe('a namespace', () => {
  it('stays for data, and for what others put there, and says which', () => {
    expect(reasonToKeep({ claims: [claim], foreign: [deployment] })).toBe('it contains data (PersistentVolumeClaim a)');
    expect(reasonToKeep({ claims: [], foreign: [deployment] })).toBe(
      "it contains objects that are not the platform's (Deployment a)",
    );
    expect(reasonToKeep({ claims: [], foreign: [] })).toBeUndefined();
  });

  it('names three at most', () => {
    const many = ['a', 'b', 'c', 'd'].map((name) => object('apps/v1', 'Deployment', name));
    expect(reasonToKeep({ claims: [], foreign: many })).toContain('Deployment c, …');
  });
});
