/**
 * One row for each thing that PostgreSQL knows of a role, in the database of the session: what the role is, is a member
 * of, has as members, is set to, owns and was granted.
 */
export const POSTGRES_INVENTORY = `
  SELECT * FROM (
    SELECT rolname AS username, 'is ' || (to_jsonb(role) - 'oid')::text AS line FROM pg_authid role
    UNION ALL
    SELECT member.rolname, 'is a member of ' || granted.rolname || ' by ' || grantor::regrole ||
           (to_jsonb(one) - '{oid,roleid,member,grantor}'::text[])::text
      FROM pg_auth_members one JOIN pg_authid member ON member.oid = one.member
      JOIN pg_authid granted ON granted.oid = one.roleid
    UNION ALL
    SELECT granted.rolname, 'has the member ' || member.rolname ||
           (to_jsonb(one) - '{oid,roleid,member,grantor}'::text[])::text
      FROM pg_auth_members one JOIN pg_authid member ON member.oid = one.member
      JOIN pg_authid granted ON granted.oid = one.roleid
    UNION ALL
    SELECT rolname, 'is set to ' || setting || ' in ' || setdatabase
      FROM pg_db_role_setting, unnest(setconfig) AS setting, pg_authid role WHERE setrole = role.oid
    UNION ALL
    SELECT rolname, 'is described as ' || shobj_description(oid, 'pg_authid') FROM pg_authid
     WHERE shobj_description(oid, 'pg_authid') IS NOT NULL
    UNION ALL
    SELECT rolname, CASE deptype WHEN 'o' THEN 'owns ' WHEN 'a' THEN 'has rights on ' ELSE deptype::text || ' ' END ||
           CASE WHEN dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
                THEN pg_describe_object(classid, objid, objsubid)
                ELSE 'in database ' || dbid || ': ' || classid || ' ' || objid END
      FROM pg_shdepend, pg_authid role WHERE refclassid = 'pg_authid'::regclass AND refobjid = role.oid
    UNION ALL
    SELECT rolname, 'may ' || privilege_type || ' on ' || pg_describe_object(class, object, 0) ||
           CASE WHEN is_grantable THEN ', and pass it on' ELSE '' END
      FROM (SELECT 'pg_class'::regclass AS class, oid AS object, relacl AS acl FROM pg_class
            UNION ALL SELECT 'pg_namespace'::regclass, oid, nspacl FROM pg_namespace
            UNION ALL SELECT 'pg_proc'::regclass, oid, proacl FROM pg_proc
            UNION ALL SELECT 'pg_database'::regclass, oid, datacl FROM pg_database) AS objects,
           aclexplode(acl), pg_authid role WHERE grantee = role.oid
  ) AS lines WHERE username NOT LIKE 'pg\\_%' AND line IS NOT NULL ORDER BY username, line`;
