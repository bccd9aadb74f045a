//! Each layer of validation holds by itself: tested with the layer before it taken away.
//!
//! The layers: the wire type, the rules of the domain, the constraints of the database; beside them
//! the gate of the route and the decision of the use case.

use api_actix::compose;
use application::intervention::transition::{Asked, Goal, transition};
use application::user::{self, CreateUser};
use application::write::silent;
use application::{App, AppError, Ctx};
use black_box::database::{Snapshots, changed};
use black_box::stack::JWT_KEY;
use black_box::world::{self, PASSWORD, World};
use black_box::{Database, Stack};
use domain::audit::Origin;
use domain::error::{Constraint, RepoError};
use domain::intervention::{Action, Intervention};
use domain::policy::Role;
use domain::ports::Tx;
use domain::user::{Locale, User};
use domain::{Id, Record, Vocab};
use serde_json::json;
use settings::{Settings, Source};

/// The use cases on the stack's own database, without HTTP in front of them.
struct Inside {
    stack: Stack,
    world: World,
    app: App,
}

impl Inside {
    async fn new() -> Self {
        let stack = Stack::start().await;
        let world = World::of(&stack).await;
        let values = [
            ("APP_ENV", "test"),
            ("DATABASE_URL", stack.db().url()),
            ("JWT_SECRET_KEY", JWT_KEY),
            ("BCRYPT_COST", "4"),
            ("DATABASE_POOL_SIZE", "2"),
        ];
        let settings = Settings::load(&Source::of(values)).expect("settings");
        let keys = api_actix::compose::keys(&settings).expect("keys");
        let app = compose::wire(&settings, &keys).await.expect("the adapters").app;
        Self { stack, world, app }
    }

    async fn ctx(&self, user: i64) -> Ctx {
        let actor = self
            .app
            .run("test", &origin(), move |tx| {
                Ok(tx.users().actor(Id::new(user))?)
            })
            .await;
        let actor = actor.expect("a read").expect("an account");
        Ctx {
            actor,
            session: None,
            origin: origin(),
            now: self.app.clock.now(),
            idempotency: None,
        }
    }

    fn db(&self) -> &Database {
        self.stack.db()
    }

    async fn stored(&self, user: i64) -> Record<User> {
        let found = self
            .app
            .run("test", &origin(), move |tx| Ok(tx.users().find(Id::new(user))?))
            .await;
        found.expect("a read").expect("an account")
    }
}

fn origin() -> Origin {
    Origin::system("essai")
}

fn newcomer() -> CreateUser {
    CreateUser {
        username: "nouveau".to_owned(),
        email: "nouveau@essai.ma".to_owned(),
        full_name: "Nouveau Compte".to_owned(),
        password: PASSWORD.to_owned(),
        role: Role::Technician,
        other_roles: Vec::new(),
        locale: Locale::French,
        is_active: true,
    }
}

#[tokio::test]
async fn the_wire_type_refuses_what_no_form_would_send() {
    let stack = Stack::start().await;
    let admin = stack.admin().await;
    let mut tables = Snapshots::of(stack.db(), &[]);
    let before = tables.take();
    let good = json!({
        "username": "nouveau", "email": "nouveau@essai.ma", "full_name": "Nouveau Compte", "password": PASSWORD, "role": "client",
    });
    for (field, value) in [
        ("hashed_password", json!("x")),
        ("is_active", json!("oui")),
        ("role", json!(["admin"])),
        ("auth_version", json!(9)),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let refusal = admin.post("/users", body).await.refused(422, "VALIDATION_ERROR");
        assert_eq!(refusal["errors"][0]["field"], field, "{refusal}");
    }
    assert!(changed(&before, &tables.take()).is_empty());
    admin.post("/users", good).await.expect(201);
}

#[tokio::test]
async fn the_rules_refuse_what_a_wire_type_let_through() {
    let inside = Inside::new().await;
    let admin = inside.ctx(inside.world.admin_user).await;
    let mut tables = Snapshots::of(inside.db(), &[]);
    let before = tables.take();
    let bad = CreateUser {
        username: "avec blanc".to_owned(),
        email: "pas-une-adresse".to_owned(),
        full_name: "x".repeat(256),
        ..newcomer()
    };
    let refused = user::create(&inside.app, &admin, bad, silent()).await;
    let Err(AppError::Invalid(issues)) = refused else {
        panic!("{refused:?}")
    };
    let fields: Vec<_> = issues.iter().map(|i| i.field.as_str()).collect();
    assert_eq!(fields, ["username", "email", "full_name"]);
    let weak = CreateUser {
        password: "nouveau1".to_owned(),
        ..newcomer()
    };
    let refused = user::create(&inside.app, &admin, weak, silent()).await;
    assert!(
        matches!(&refused, Err(AppError::Invalid(issues)) if issues[0].field == "password"),
        "{refused:?}"
    );

    let job = Id::<Intervention>::new(inside.world.job);
    let closing = Asked {
        report: Some("court".to_owned()),
        ..Asked::to(Goal::Action(Action::Close))
    };
    let refused = transition(&inside.app, &admin, job, None, closing, silent()).await;
    assert!(
        matches!(&refused, Err(AppError::Invalid(issues)) if issues[0].field == "compte_rendu"),
        "{refused:?}"
    );
    assert!(changed(&before, &tables.take()).is_empty());
    user::create(&inside.app, &admin, newcomer(), silent())
        .await
        .expect("a good account");
}

#[tokio::test]
async fn the_constraints_refuse_what_the_rules_let_through() {
    let inside = Inside::new().await;
    let world = &inside.world;
    let stored = inside.stored(world.technician.person.user).await;
    let mut tables = Snapshots::of(inside.db(), &[]);
    let before = tables.take();
    // What the store says travels out of the transaction as the text of a defect.
    let insert = async |user: User| {
        let work = move |tx: &mut dyn Tx| match tx.users().insert(&user, None) {
            Err(RepoError::Conflict { constraint, .. }) => Err(AppError::internal(constraint.code())),
            other => Err(AppError::internal(format!("{other:?}"))),
        };
        let written: Result<(), _> = inside.app.run("test", &origin(), work).await;
        match written {
            Err(AppError::Internal(what)) => what.to_string(),
            other => panic!("{other:?}"),
        }
    };
    let free = User {
        username: "libre".to_owned(),
        email: "libre@essai.ma".to_owned(),
        ..stored.data.clone()
    };
    let same_email = User {
        email: stored.email.to_uppercase(),
        ..free.clone()
    };
    assert_eq!(insert(same_email).await, Constraint::UserEmail.code());
    let same_name = User {
        username: stored.username.to_uppercase(),
        ..free.clone()
    };
    assert_eq!(insert(same_name).await, Constraint::UserUsername.code());
    let long = User {
        full_name: "x".repeat(256),
        ..free
    };
    assert_eq!(insert(long).await, Constraint::CheckViolation.code());

    // Past the stores, too: by name, each kind of constraint once.
    let (client, other) = (&world.client, &world.other_client);
    let refused = |constraint: &str, sql: String| {
        let error = inside.db().try_execute(&sql).expect_err(&sql).to_string();
        assert!(error.contains(constraint), "{constraint}: {error}");
    };
    refused(
        "fk_equipements_site",
        format!(
            "UPDATE equipements SET site_id = {} WHERE id = {}",
            other.site, client.equipment
        ),
    );
    refused(
        "fk_interventions_equipement",
        format!(
            "UPDATE interventions SET equipement_id = {} WHERE id = {}",
            other.equipment, world.job
        ),
    );
    refused(
        "ck_interventions_statut",
        format!(
            "UPDATE interventions SET statut = 'perdue' WHERE id = {}",
            world.job
        ),
    );
    refused(
        "ck_interventions_fin",
        format!(
            "UPDATE interventions SET statut = 'cloturee', date_debut = now() WHERE id = {}",
            world.job
        ),
    );
    refused(
        "uq_interventions_technicien_en_cours",
        format!(
            "UPDATE interventions SET statut = 'en_cours', date_debut = now(), technicien_id = {}",
            world.technician.id
        ),
    );
    refused(
        "only ever added",
        "UPDATE historiques_interventions SET details = 'x'".to_owned(),
    );
    refused("only ever added", "DELETE FROM audit_log".to_owned());
    refused(
        "violates foreign key",
        format!("DELETE FROM clients WHERE id = {}", client.id),
    );
    assert!(changed(&before, &tables.take()).is_empty());
}

#[tokio::test]
async fn the_use_cases_refuse_what_a_gate_let_through() {
    let inside = Inside::new().await;
    let world = &inside.world;
    let mut tables = Snapshots::of(inside.db(), &[]);
    let before = tables.take();
    for person in [&world.manager, &world.technician.person, &world.client.person] {
        let ctx = inside.ctx(person.user).await;
        let refused = user::create(&inside.app, &ctx, newcomer(), silent()).await;
        assert!(matches!(refused, Err(AppError::Denied)), "{refused:?}");
    }
    let job = Id::<Intervention>::new(world.job);
    let start = || Asked::to(Goal::Action(Action::Start));
    let cancel = Asked {
        reason: Some("Essai des droits".to_owned()),
        ..Asked::to(Goal::Action(Action::Cancel))
    };
    for (stranger, asked) in [
        (&world.other_technician.person, start()),
        (&world.other_client.person, cancel),
    ] {
        let ctx = inside.ctx(stranger.user).await;
        let found = application::intervention::find(&inside.app, &ctx, job).await;
        assert!(matches!(found, Err(AppError::NotFound)), "{found:?}");
        let refused = transition(&inside.app, &ctx, job, None, asked, silent()).await;
        assert!(matches!(refused, Err(AppError::NotFound)), "{refused:?}");
    }
    let owner = inside.ctx(world.client.person.user).await;
    let refused = transition(&inside.app, &owner, job, None, start(), silent()).await;
    assert!(matches!(refused, Err(AppError::Denied)), "{refused:?}");
    assert!(changed(&before, &tables.take()).is_empty());
    let doer = inside.ctx(world.technician.person.user).await;
    transition(&inside.app, &doer, job, None, start(), silent())
        .await
        .expect("the assigned technician may");
    assert_eq!(
        world::id(
            &world
                .admin
                .get(&format!("/interventions/{}", world.job))
                .await
                .expect(200)
        ),
        world.job
    );
}
