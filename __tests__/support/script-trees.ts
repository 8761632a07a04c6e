/**
 * Schema scripts in the folders of the product with the accelerator, and with the statements that matter: those for PostgreSQL
 * drop before they create, as the product's do up to 7.1, and those for MySQL fail when they run twice.
 */
export type ScriptTree = Readonly<Record<string, string>>;

export interface Dialect {
  readonly file: 'postgresql.sql' | 'mysql.sql';
  readonly create: (table: string, columns: string) => string;
  readonly sleep: (seconds: number) => string;
}

export const POSTGRESQL: Dialect = {
  file: 'postgresql.sql',
  create: (table, columns) => `DROP TABLE IF EXISTS ${table};\nCREATE TABLE ${table} (${columns});\n`,
  sleep: (seconds) => `SELECT pg_sleep(${seconds});\n`,
};

export const MYSQL: Dialect = {
  file: 'mysql.sql',
  create: (table, columns) => `CREATE TABLE ${table} (${columns}) ENGINE INNODB;\n`,
  sleep: (seconds) => `SELECT SLEEP(${seconds});\n`,
};

/** @param secondsInBetween how long the second script of the first database takes */
export function scriptTree({ file, create, sleep }: Dialect, secondsInBetween = 0): ScriptTree {
  const id = 'ID INTEGER NOT NULL PRIMARY KEY';
  const pause = secondsInBetween > 0 ? sleep(secondsInBetween) : '';
  return {
    [`dbscripts/identity/${file}`]:
      create('SP_APP', `${id}, UUID CHAR(36) NOT NULL UNIQUE`) +
      create('SP_METADATA', `${id}, NAME VARCHAR(255) NOT NULL, VALUE VARCHAR(255) NOT NULL`) +
      create(
        'AUTHORIZED_SCOPE',
        'APP_ID CHAR(36) NOT NULL, SCOPE VARCHAR(255), CONSTRAINT NAMED_OTHERWISE FOREIGN KEY (APP_ID) REFERENCES SP_APP (UUID)',
      ),
    [`dbscripts/consent/${file}`]: `${pause}${create('CM_PURPOSE', id)}`,
    [`dbscripts/${file}`]: create('UM_USER', `${id}, UM_USER_NAME VARCHAR(255)`) + create('REG_PATH', id),
    [`dbscripts/financial-services/consent/${file}`]: create('FS_CONSENT', id),
    [`dbscripts/financial-services/event-notifications/${file}`]: create('FS_NOTIFICATION', id),
  };
}
