namespace DistEmbed.Worker.Tests;

public class TorchLoadTests
{
    [Fact]
    public void Torch_loads_on_this_machine_and_computes()
    {
        using var sum = TorchSharp.torch.ones(2, 3).sum();
        Assert.Equal(6f, sum.item<float>());
    }
}
