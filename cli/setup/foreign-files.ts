import { statSync } from 'node:fs';
import { dirname } from 'node:path';

/** What somebody is told who may not use a file of another user, as in a checkout that several work in; undefined for other errors. */
export function foreignFile(error: unknown): string | undefined {
  const { code, path } = (error ?? {}) as NodeJS.ErrnoException;
  if (path === undefined || (code !== 'EPERM' && code !== 'EACCES')) return undefined;
  const refused = `no permission for ${path} (${code})`;
  const [folder] = path.match(/^(.*\/)?cdktf\.out(\/stacks\/[^/]+)?/) ?? [];
  if (folder === undefined) return `${refused}. Have its owner give you access.`;
  const { seen, uid } = ownerOf(folder);
  return `${refused}: ${seen} belongs to the user with uid ${uid}. Saved plans hold the whole configuration, so each folder of them is for its owner alone, and one checkout is for one user. Work in a clone of your own, with the state where both reach it, or have that user or root hand the folder over: chown -R ${process.getuid?.() ?? '<you>'} ${seen}`;
}

/** The owner of a folder, or of the nearest one above it that may be looked at. */
function ownerOf(folder: string): { readonly seen: string; readonly uid: number } {
  try {
    return { seen: folder, uid: statSync(folder).uid };
  } catch (error) {
    if (dirname(folder) === folder) throw error;
    return ownerOf(dirname(folder));
  }
}
