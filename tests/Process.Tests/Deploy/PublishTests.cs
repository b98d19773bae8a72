namespace DistEmbed.Process.Tests.Deploy;

/// <summary>Build outputs link to the package cache; what is published must not.</summary>
public sealed class PublishTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [UnixFact]
    public async Task A_published_server_has_neither_links_nor_libtorch()
    {
        (await DistEmbedProcess.ShellAsync(_folder.Path,
            $"'{DistEmbedProcess.Dotnet}' publish '{Checkout.In("ParameterServer")}' -c Release --no-build -o '{_folder}/app' --nologo")).Expect(0);
        var files = new DirectoryInfo(_folder.In("app"));
        Assert.Contains(files.GetFiles(), file => file.Name == "distembed-ps");
        Assert.All(files.GetFiles("*", SearchOption.AllDirectories), file =>
        {
            Assert.Null(file.LinkTarget);
            Assert.DoesNotContain("torch", file.Name, StringComparison.OrdinalIgnoreCase);
        });
        Assert.InRange(files.GetFiles("*", SearchOption.AllDirectories).Sum(file => file.Length), 1 << 20, 60L << 20);
    }
}
