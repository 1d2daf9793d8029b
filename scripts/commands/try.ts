import { startRig } from './rehearse.ts';

/** `npm run try`. */
export const run = startRig('try');
