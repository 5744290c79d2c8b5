//! What is taken away at one node ends at the other within five seconds (rule 26), with the tokens that were given before.

use std::time::Duration;

use wharf_tests::{Client, Crane, Options, Request, Role, User, Wharf, World, eventually};

/// How long another node may go on by what it remembers.
const LIMIT: Duration = Duration::from_secs(5);

struct Cluster {
    world: World,
    other: Wharf,
}

impl Cluster {
    /// Two servers on one PostgreSQL, and `web:1.0.0` in the registry.
    fn start() -> Self {
        let world = World::new(Options::default().postgres());
        let other = world.wharf.another_node();
        Crane::signed_in(&world.endpoint(), &world.principal(Role::AcrPush))
            .push("web:1.0.0")
            .ok();
        Self { world, other }
    }

    /// As through a balancer: the same host name, whichever node answers.
    fn ask(&self, node: &Wharf, path: &str, header: (&str, &str)) -> (u16, String) {
        let request = Request::new("GET", format!("http://localhost:{}{path}", node.port()));
        let host = format!("myregistry.wharf.test:{}", self.world.wharf.port());
        let reply = request.header("host", &host).header(header.0, header.1).send();
        let reply = reply.expect("a node answers");
        (reply.status, reply.body)
    }

    /// A token to pull with, of the first node.
    fn token(&self, user: &User) -> String {
        let host = format!("myregistry.wharf.test:{}", self.world.wharf.port());
        let path = format!("/oauth2/token?service={host}&scope=repository:web:pull");
        let request = Request::new("GET", format!("http://localhost:{}{path}", self.world.wharf.port()));
        let reply = request.header("host", &host).basic(&user.name, &user.password).send();
        let answer: serde_json::Value =
            serde_json::from_str(&reply.expect("a node answers").body).expect("an answer in JSON");
        answer["access_token"].as_str().expect("a token").to_owned()
    }

    fn pulls(&self, node: &Wharf, token: &str) -> u16 {
        let bearer = format!("Bearer {token}");
        self.ask(node, "/v2/web/tags/list", ("authorization", &bearer)).0
    }

    /// Both nodes take the token; then `end` is done at the first one.
    fn ends_everywhere(&self, what: &str, token: &str, end: impl FnOnce()) {
        let nodes = [&self.world.wharf, &self.other];
        assert_eq!(nodes.map(|node| self.pulls(node, token)), [200, 200], "before {what}");
        end();
        let refused = |node: &Wharf| (401..=403).contains(&self.pulls(node, token));
        assert!(refused(nodes[0]), "{what}: the very next request");
        eventually(what, LIMIT, || refused(nodes[1]));
    }
}

#[test]
fn what_is_taken_away_at_one_node_ends_at_the_other_within_five_seconds() {
    let cluster = Cluster::start();
    let world = &cluster.world;
    let owner = |words: &str| world.owner.run(words).ok();

    let robot = world.new_principal(Some(Role::AcrPull));
    cluster.ends_everywhere("an assignment is deleted", &cluster.token(&robot), || {
        owner(&format!(
            "role assignment delete --assignee {} --scope {}",
            robot.name, world.registry_id
        ));
    });

    let robot = world.new_principal(Some(Role::AcrPull));
    cluster.ends_everywhere("a secret is reset", &cluster.token(&robot), || {
        owner(&format!("ad sp credential reset --id {}", robot.name));
    });

    let robot = world.new_principal(Some(Role::AcrPull));
    cluster.ends_everywhere("a service principal is deleted", &cluster.token(&robot), || {
        owner(&format!("ad sp delete --id {}", robot.name));
    });

    let robot = world.stranger();
    let group = owner("ad group create --display-name pullers --mail-nickname pullers").json();
    let group = group["id"].as_str().expect("a group has an id").to_owned();
    let object = owner(&format!("ad sp show --id {}", robot.name)).json();
    let object = object["id"].as_str().expect("a principal has an id").to_owned();
    owner(&format!("ad group member add -g {group} --member-id {object}"));
    owner(&format!(
        "role assignment create --role AcrPull --scope {} --assignee-object-id {group} --assignee-principal-type Group",
        world.registry_id
    ));
    cluster.ends_everywhere("a member is removed from a group", &cluster.token(&robot), || {
        owner(&format!("ad group member remove -g {group} --member-id {object}"));
    });

    let admin = world.admins()[1].clone();
    cluster.ends_everywhere("a password is renewed", &cluster.token(&admin), || {
        owner("acr credential renew -n myregistry --password-name password2");
    });
    let admin = world.admins()[0].clone();
    cluster.ends_everywhere("the admin user is turned off", &cluster.token(&admin), || {
        owner("acr update -n myregistry --admin-enabled false");
    });
}
