/**
 * Connections whose statements mean what they say, whatever objects others have made in the database.
 *
 * <p>A name in SQL is looked up along the session's search_path. Whoever may create objects in a schema on that path can make
 * an operator or a function that a statement of ours calls instead of PostgreSQL's own. So each transaction of Leat's first
 * sets the path to {@code pg_catalog, pg_temp}. It is set for the transaction alone: a pooler in transaction mode gives the
 * next transaction another session, and gives this session to other clients; an application's pool gives the connection
 * to the application.
 */
@NullMarked
package dev.leat.database;

import org.jspecify.annotations.NullMarked;
