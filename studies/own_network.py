"""A network of one's own: any frozen dataclass with build(shape, outputs)."""

from dataclasses import dataclass

from torch import Tensor, nn

from nia_optuna import AdamW, Budget, Recipe, Space, study


@dataclass(frozen=True)
class Residual:
    """Hidden layers of equal width, each added to what went in."""

    width: int
    layers: int

    def build(self, shape: tuple[int, ...], outputs: int) -> nn.Module:
        inputs = shape[0] * shape[1] * shape[2]
        return nn.Sequential(
            nn.Flatten(),
            nn.Linear(inputs, self.width),
            *(Layer(self.width) for _ in range(self.layers)),
            nn.Linear(self.width, outputs),
        )


class Layer(nn.Module):
    """One hidden layer and its shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.change = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        change: Tensor = self.change(x)
        return x + change


@study(dataset="digits", budget=Budget(trials=20, epochs=12), validation=0.2)
def own_network(space: Space) -> Recipe:
    """Do shortcuts let a perceptron grow deep on small digits?"""
    return Recipe(
        model=Residual(
            width=space.choice("width", (32, 64, 128), default=64),
            layers=space.integer("layers", 1, 8, default=2),
        ),
        optimizer=AdamW(lr=space.log("lr", 1e-4, 3e-2, default=1e-3)),
        decay="cosine",
        batch_size=32,
    )
