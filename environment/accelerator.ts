import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import {
  ACCELERATOR_RELEASES,
  DISTRIBUTIONS,
  type DistributionName,
  releaseOfTemplate,
  TEMPLATE_DIGESTS,
  templatePath,
} from '../catalogue/distributions';
import { isArchive } from './archive';

/** A template has some 20 KiB. What claims to be far larger is none. */
const LARGEST_TEMPLATE_BYTES = 1_000_000;

/**
 * What is wrong with the accelerator's archive for a distribution, if something is: configuration and accelerator must be of one
 * release, so the archive's own template is compared with the one that the configuration is made from.
 *
 * @param path relative to the working directory
 */
export function acceleratorProblem(path: string, distribution: DistributionName): string | undefined {
  if (!isArchive(path)) {
    return `found "${path}", which is no readable zip file; give the path of the accelerator's zip, relative to the folder in which the command runs`;
  }
  const { accelerator } = DISTRIBUTIONS[distribution];
  if (accelerator === undefined) {
    return `is of no use with ${distribution}, whose configuration knows no accelerator; use wso2is-…-financial-services, or remove it`;
  }
  const { release, server } = accelerator;
  const known = ACCELERATOR_RELEASES.filter((one) => server in TEMPLATE_DIGESTS[one]).sort();
  const template = templateIn(path, server);
  if (template === undefined) {
    return `found "${path}", which has no ${templatePath(server)}; is it the accelerator for Identity Server? Known for ${server}: ${known.join(', ')}`;
  }
  const found = releaseOrUndefined(server, template);
  if (found === release) return undefined;
  if (found !== undefined) {
    return `found "${path}", which is release ${found} of the accelerator, but ${distribution} is configured for ${release}; use "wso2is-${server}-financial-services-${found}" as the distribution, or the zip of ${release}`;
  }
  return `found "${path}", whose ${templatePath(server)} is of no release that this project knows for ${server} (${known.join(', ')}), so its configuration would not fit; use the zip of one of them, or build an image of your own, compare that template with docs/deliberate-differences.md, and name it in identity_server.image`;
}

function templateIn(path: string, server: string): string | undefined {
  const wanted = templatePath(server);
  try {
    const [content] = Object.values(
      unzipSync(readFileSync(path), {
        filter: ({ name, originalSize }) =>
          (name === wanted || name.endsWith(`/${wanted}`)) && originalSize <= LARGEST_TEMPLATE_BYTES,
      }),
    );
    return content && Buffer.from(content).toString('utf8');
  } catch {
    return undefined;
  }
}

/** What is no TOML is the template of no release. */
function releaseOrUndefined(server: string, template: string): ReturnType<typeof releaseOfTemplate> {
  try {
    return releaseOfTemplate(server, template);
  } catch {
    return undefined;
  }
}
