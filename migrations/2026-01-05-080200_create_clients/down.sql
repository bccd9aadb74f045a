DROP TABLE sites;
DROP TABLE clients_contacts;
DROP TABLE clients_utilisateurs;
DROP TABLE clients;
