/** Paths of the console's pages about clients. */
export const CLIENTS = '/admin/clients'
export const CLIENT = `${CLIENTS}/client`
export const NEW = `${CLIENTS}/new`
export const EDIT = `${CLIENTS}/edit`
