using System.Diagnostics;
using DistEmbed.Protocol.Files;
using DistEmbed.Testing;

namespace DistEmbed.Protocol.Tests.Files;

/// <summary>What stands at the path of a file that is written.</summary>
public sealed class AtomicFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_symbolic_link_stays_and_what_it_leads_to_is_written()
    {
        string place = Path.Combine("elsewhere", "target.txt"), target = _folder.Write(place, "old");
        string link = _folder.In("link.txt"), second = _folder.In("second.txt");
        File.CreateSymbolicLink(link, place);
        File.CreateSymbolicLink(second, "link.txt");
        AtomicFile.WriteAllBytes(second, "new"u8);
        Assert.Equal("new", File.ReadAllText(target));
        Assert.Equal(("link.txt", place), (new FileInfo(second).LinkTarget, new FileInfo(link).LinkTarget));
        Assert.Single(Directory.GetFiles(_folder.In("elsewhere")));
    }

    [Fact]
    public void A_link_that_leads_nowhere_gets_its_file()
    {
        string link = _folder.In("dangling.txt");
        File.CreateSymbolicLink(link, "nowhere.txt");
        AtomicFile.WriteAllBytes(link, "new"u8);
        Assert.Equal(("new", "nowhere.txt"), (File.ReadAllText(_folder.In("nowhere.txt")), new FileInfo(link).LinkTarget));
    }

    [Fact]
    public void A_named_pipe_stays_one()
    {
        if (!OperatingSystem.IsLinux())
            return;
        string pipe = _folder.In("pipe");
        using (Process made = Process.Start("mkfifo", [pipe]))
            made.WaitForExit();
        Assert.True(FileKind.IsSpecial(pipe));
        IOException refused = Assert.Throws<IOException>(() => AtomicFile.WriteAllBytes(pipe, "new"u8));
        Assert.Contains("no regular file", refused.Message, StringComparison.Ordinal);
        Assert.True(FileKind.IsSpecial(pipe));
        Assert.True(FileKind.IsSpecial("/dev/null"));
        Assert.False(FileKind.IsSpecial(_folder.Path));
        Assert.False(FileKind.IsSpecial(_folder.In("absent")));
        Assert.False(FileKind.IsSpecial(_folder.Write("file", "")));
        Assert.Equal(["file", "pipe"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order());
    }
}
