/** Folders below the server's home that an administrator's console writes: all nodes share them, and a replaced node finds them again. */
export const SHARED_FOLDERS = ['repository/deployment/server/userstores', 'repository/tenants'];
