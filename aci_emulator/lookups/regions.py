"""The regions there are: a fixed list of public Azure regions. Pure."""

from dataclasses import dataclass

from aci_emulator.arm import Json


@dataclass(frozen=True)
class Region:
    """One region; `area` is the continent it is listed under, `place` where it is."""

    display: str
    area: str
    place: str

    @property
    def name(self) -> str:
        """The name that requests use: `westeurope`."""
        return region_name(self.display)

    def body(self, subscription: str) -> Json:
        """Return the region as a subscription lists it."""
        return {
            "id": f"/subscriptions/{subscription}/locations/{self.name}",
            "name": self.name,
            "type": "Region",
            "displayName": self.display,
            "regionalDisplayName": f"({self.area}) {self.display}",
            "metadata": {
                "regionType": "Physical",
                "regionCategory": "Recommended",
                "geographyGroup": self.area,
                "physicalLocation": self.place,
            },
        }


REGIONS = (
    Region("Australia East", "Asia Pacific", "New South Wales"),
    Region("Brazil South", "South America", "Sao Paulo State"),
    Region("Canada Central", "Canada", "Toronto"),
    Region("Central India", "Asia Pacific", "Pune"),
    Region("Central US", "US", "Iowa"),
    Region("East Asia", "Asia Pacific", "Hong Kong"),
    Region("East US", "US", "Virginia"),
    Region("East US 2", "US", "Virginia"),
    Region("France Central", "Europe", "Paris"),
    Region("Germany West Central", "Europe", "Frankfurt"),
    Region("Italy North", "Europe", "Milan"),
    Region("Japan East", "Asia Pacific", "Tokyo, Saitama"),
    Region("Korea Central", "Asia Pacific", "Seoul"),
    Region("North Central US", "US", "Illinois"),
    Region("North Europe", "Europe", "Ireland"),
    Region("Norway East", "Europe", "Norway"),
    Region("Poland Central", "Europe", "Warsaw"),
    Region("South Africa North", "Africa", "Johannesburg"),
    Region("South Central US", "US", "Texas"),
    Region("Southeast Asia", "Asia Pacific", "Singapore"),
    Region("Spain Central", "Europe", "Madrid"),
    Region("Sweden Central", "Europe", "Gavle"),
    Region("Switzerland North", "Europe", "Zurich"),
    Region("UAE North", "Middle East", "Dubai"),
    Region("UK South", "Europe", "London"),
    Region("West Europe", "Europe", "Netherlands"),
    Region("West US", "US", "California"),
    Region("West US 2", "US", "Washington"),
    Region("West US 3", "US", "Phoenix"),
)


def region_name(location: str) -> str:
    """Return a location as Azure writes it, however a client did: `West Europe` is `westeurope`."""
    return location.replace(" ", "").lower()
