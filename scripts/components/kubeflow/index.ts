import type { Component } from '../component.ts';
import { defaultProfile } from './default-profile.ts';

/** Kubeflow: one component per part, in their own order. */
export const kubeflow: readonly Component[] = [defaultProfile];
