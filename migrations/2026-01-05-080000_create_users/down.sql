DROP TABLE users_roles;
DROP TABLE users;
