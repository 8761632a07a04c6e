/**
 * SHA-256 of what is taken from Maven repositories without anybody naming it, by groupId:artifactId:version:type. Whoever raises a version
 * compares the file with its publisher's own checksum, and writes it here.
 */
export const MAVEN_CHECKSUMS: Readonly<Record<string, string>> = {
  'com.microsoft.sqlserver:mssql-jdbc:13.2.1.jre11:jar':
    '2d137aa308c78932878952fe3624ea090ecfe644414b8b23e71a305f425698c5',
  'com.mysql:mysql-connector-j:9.5.0:jar': 'f2ca3dfaf00d4aa311470db7ea3051962944ba0cb60005a2f75467549c39f425',
  'com.oracle.database.jdbc:ojdbc11:23.9.0.25.07:jar':
    'f52e9335276cd3999c23bb5a364fa01a628f3468945444d03cb7f92271bca1da',
  'org.mariadb.jdbc:mariadb-java-client:3.5.11:jar': '42604178b9e57ec08ee0035079961516f086e455d0141f0b22c6eff29fb2fff4',
  'org.postgresql:postgresql:42.7.8:jar': '2a32a9dcbc42d67a50ad3a0de5efd102c8d2be46720045f2cbd6689f160ab7c7',
  'org.wso2.carbon:wso2carbon-core:4.10.32:zip': 'f982b1cd6482c0cd880b8046a90a20f463223b9408dba08eb71c30556b7397b2',
  'org.wso2.carbon.identity.framework:org.wso2.carbon.identity.core.server.feature:7.8.614:zip':
    'f0cb9feeb5dedb8ca44702a346cc6616e20faa3c3df3067d5ccac39b7427ceae',
};
