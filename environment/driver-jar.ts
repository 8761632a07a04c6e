import { dirname, join } from 'node:path';
import { DATABASE_ENGINES } from '../catalogue/database-engines';
import { archiveEntries, isReadableFile } from './archive';
import type { Environment } from './schema';

/** Path of the driver that the configuration names, relative to the working directory. */
export function driverJarPath({ file, identity_server: server }: Environment): string | undefined {
  return server.driver_jar === undefined ? undefined : join(dirname(file), server.driver_jar);
}

/** What is wrong with the driver that the configuration names, if something is. */
export function driverJarProblem(environment: Environment): string | undefined {
  const path = driverJarPath(environment);
  if (path === undefined) return undefined;
  if (!isReadableFile(path)) {
    return `there is no readable file ${path}; the path is relative to the folder of this file`;
  }
  const entries = archiveEntries(path);
  if (entries === undefined) return `${path} is no jar file; was it downloaded completely?`;
  const has = (driver: string) => entries.includes(`${driver.replaceAll('.', '/')}.class`);
  const { title, driver, driverArtifact } = DATABASE_ENGINES[environment.database.engine];
  if (has(driver)) return undefined;
  const other = Object.values(DATABASE_ENGINES).find((dbms) => has(dbms.driver));
  const found = other === undefined ? 'is no driver' : `is the driver of ${other.title}, not one`;
  return `${path} ${found} of ${title}: it has no class ${driver}; use a jar of ${driverArtifact}, or change database.engine`;
}
