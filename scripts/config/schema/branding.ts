import * as z from 'zod';
import { dexText } from './common.ts';

/** Text that pages show and that Dex's configuration holds. */
const shown = dexText.max(60, 'at most 60 characters');

const colour = z.string().regex(/^#[0-9a-fA-F]{6}$/, 'must be a colour such as "#0b5fff", in quotes');

/** The `branding` section: how the pages of the login and the gateway's errors look. */
export const branding = z
  .strictObject({
    name: shown
      .default('Kubeflow')
      .describe('Name of the platform on its login page, its errors and the page after signing out.'),
    logo: z
      .string()
      .regex(
        /^(?!\.\.?\/)(?!.*\/\.\.?\/)[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*\.(svg|png)$/,
        "must be the path of an .svg or .png file, from the repository's root",
      )
      .optional()
      .describe(
        "Path of the logo, from the repository's root: an SVG or PNG of at most 64 KiB. Anyone can fetch it from the platform, without a login.",
      ),
    colours: z
      .strictObject({
        accent: colour.default('#2f6fde').describe('Colour of buttons and of the bar at the top.'),
        accentOnDark: colour
          .optional()
          .describe('The same in dark mode. Default: accent; "#7aa7ff" if both are absent.'),
      })
      .prefault({})
      .describe('Colours. The text on them is black or white, whichever reads better.'),
    contact: z
      .strictObject({
        name: shown.describe('Whom users may ask, such as "the platform team".'),
        link: z
          .string()
          .regex(
            /^(https:\/\/[^\s"'<>\\{}|^`]+|mailto:[^\s"'<>\\{}|^`@]+@[A-Za-z0-9.-]+)$/,
            'must be an https:// address, or mailto: with an e-mail address',
          )
          .max(500, 'at most 500 characters')
          .optional()
          .describe('Where to ask: an https:// address, or mailto:team@example.com.'),
      })
      .optional()
      .describe('Whom users may ask for help or access.'),
  })
  .prefault({})
  .describe('Name, logo, colours and contact on the pages that every user sees: login, errors, signed out.');
