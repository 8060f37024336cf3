//! On a real bridge of this machine's kernel: needs root, or CAP_NET_ADMIN.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use futures::TryStreamExt;
use rtnetlink::{Handle, LinkBridge, LinkMessageBuilder, LinkUnspec, LinkVeth};
use weir_engine::bridge::{BridgeKeeper, Held};

/// Lower than any address that the kernel makes up: those have the bit for "locally administered" and more.
const LOWEST: [u8; 6] = [0x02, 0, 0, 0, 0, 1];

struct Bridge {
    handle: Handle,
    name: String,
    gateway: IpAddr,
}

impl Bridge {
    /// `None`: this machine does not let us make one, with the reason printed.
    async fn make() -> anyhow::Result<Option<Self>> {
        let (connection, handle, _) = rtnetlink::new_connection()?;
        tokio::spawn(connection);
        // Names and addresses differ between tests that run at once.
        let [.., high, low] = std::process::id().to_be_bytes();
        let name = format!("wbr{high:02x}{low:02x}");
        let gateway = IpAddr::V4(Ipv4Addr::new(127, 77, high, low));
        if let Err(error) = handle.link().add(LinkBridge::new(&name).up().build()).execute().await {
            println!("skipped: cannot make a bridge: {error}");
            return Ok(None);
        }
        let bridge = Self { handle, name, gateway };
        let index = bridge.index(&bridge.name).await?;
        bridge.handle.address().add(index, gateway, 32).execute().await?;
        Ok(Some(bridge))
    }

    async fn index(&self, name: &str) -> anyhow::Result<u32> {
        let mut found = std::pin::pin!(self.handle.link().get().match_name(name.to_owned()).execute());
        let link = found.try_next().await?;
        Ok(link.ok_or_else(|| anyhow::anyhow!("no {name}"))?.header.index)
    }

    /// One more port, as of a container that starts.
    async fn add_port(&self, number: u8, address: Option<[u8; 6]>) -> anyhow::Result<()> {
        let (port, peer) = (self.port(number), format!("{}q{number}", self.name));
        let veth = LinkVeth::new(&port, &peer).build();
        self.handle.link().add(veth).execute().await?;
        let mut change = LinkMessageBuilder::<LinkUnspec>::default()
            .name(port.as_str())
            .controller(self.index(&self.name).await?)
            .up();
        if let Some(address) = address {
            change = change.address(address.to_vec());
        }
        self.handle.link().set(change.build()).execute().await?;
        Ok(())
    }

    async fn remove_port(&self, number: u8) -> anyhow::Result<()> {
        let index = self.index(&self.port(number)).await?;
        Ok(self.handle.link().del(index).execute().await?)
    }

    fn port(&self, number: u8) -> String {
        format!("{}p{number}", self.name)
    }

    fn address(&self) -> std::io::Result<String> {
        std::fs::read_to_string(PathBuf::from("/sys/class/net").join(&self.name).join("address"))
    }

    async fn remove(self) -> anyhow::Result<()> {
        let index = self.index(&self.name).await?;
        Ok(self.handle.link().del(index).execute().await?)
    }
}

#[tokio::test]
async fn a_bridge_that_is_held_keeps_its_address_while_containers_come_and_go() -> anyhow::Result<()> {
    let Some(bridge) = Bridge::make().await? else {
        return Ok(());
    };
    let keeper = BridgeKeeper::default();
    let gateway = bridge.gateway;
    let kept = keeps_its_address(&bridge, &keeper).await;
    bridge.remove().await?;
    kept?;
    assert_eq!(keeper.hold(gateway).await?, Held::NotHere);
    Ok(())
}

async fn keeps_its_address(bridge: &Bridge, keeper: &BridgeKeeper) -> anyhow::Result<()> {
    bridge.add_port(1, None).await?;
    bridge.add_port(2, Some(LOWEST)).await?;
    anyhow::ensure!(
        bridge.address()?.trim() == "02:00:00:00:00:01",
        "the kernel takes the lowest"
    );
    bridge.remove_port(2).await?;
    let before = bridge.address()?;

    anyhow::ensure!(keeper.hold(bridge.gateway).await? == Held::Now);
    anyhow::ensure!(keeper.hold(bridge.gateway).await? == Held::Already);
    bridge.add_port(2, Some(LOWEST)).await?;
    anyhow::ensure!(bridge.address()? == before, "a port with a lower address came");
    bridge.remove_port(1).await?;
    anyhow::ensure!(bridge.address()? == before, "the port that had this address left");
    bridge.remove_port(2).await
}

#[tokio::test]
async fn an_address_that_is_on_no_bridge_is_left_alone() -> anyhow::Result<()> {
    let keeper = BridgeKeeper::default();

    for elsewhere in [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1))] {
        assert_eq!(keeper.hold(elsewhere).await?, Held::NotHere, "{elsewhere}");
    }
    Ok(())
}
