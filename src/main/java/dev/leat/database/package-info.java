/**
 * Connections whose statements use only PostgreSQL's own functions and operators, whatever objects other roles have created in the
 * database.
 *
 * <p>A name in SQL is looked up along the session's search_path. A role that may create objects in a schema on that path can create an
 * operator or a function that Leat's statement calls instead of PostgreSQL's own. So each transaction of Leat's first sets the path to
 * {@code pg_catalog, pg_temp}. It is set for the transaction alone: a pooler in transaction mode gives the next transaction another
 * session, and gives this session to other clients; an application's pool gives the connection to the application.
 */
@NullMarked
package dev.leat.database;

import org.jspecify.annotations.NullMarked;
