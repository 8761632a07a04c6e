import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { buildOnce } from '../../cli/setup/cache';
import { download, isDownloaded, requireMaven } from '../../cli/setup/maven';

/** The kernel of Identity Server: the version that the sandbox's image is made of. */
const KERNEL = 'org.wso2.carbon:wso2carbon-core:4.10.32:zip';
/** The identity part of the product, from between 7.2.0 and 7.3.0: templates, mapper data and the scripts of its database. */
const IDENTITY = 'org.wso2.carbon.identity.framework:org.wso2.carbon.identity.core.server.feature:7.8.614:zip';

/** The kernel as Maven has it, unpacked; no image is needed for that. @returns the server's home */
export function kernelHome(): Promise<string> {
  return unpacked(
    KERNEL,
    '',
    /^(lib\/|repository\/resources\/conf\/|repository\/components\/plugins\/org\.eclipse\.jdt)/,
  );
}

/** Files of the product's identity part: its templates, and below `dbscripts/` the scripts of its database. */
export function identityFeature(): Promise<string> {
  return unpacked(IDENTITY, 'features/', /./, { withoutPom: true });
}

/** Unpacks the files of an archive below one folder of `root`, whose name has the version in it. */
async function unpacked(
  coordinates: string,
  root: string,
  wanted: RegExp,
  options: Parameters<typeof download>[1] = {},
): Promise<string> {
  return buildOnce(join('unpacked', coordinates.replaceAll(':', '_')), async (directory) => {
    if (!isDownloaded(coordinates)) requireMaven('the parts of the product that the tests look into');
    const nameOf = (path: string) => (path.startsWith(root) ? path.slice(root.length).replace(/^[^/]+\//, '') : '');
    const files = unzipSync(readFileSync(await download(coordinates, options)), {
      filter: ({ name }) => !name.endsWith('/') && nameOf(name) !== '' && wanted.test(nameOf(name)),
    });
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, nameOf(path))), { recursive: true });
      writeFileSync(join(directory, nameOf(path)), content);
    }
  });
}
