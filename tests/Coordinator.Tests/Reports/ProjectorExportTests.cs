using DistEmbed.Coordinator.Reports;
using DistEmbed.Testing;

namespace DistEmbed.Coordinator.Tests.Reports;

public sealed class ProjectorExportTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Words_alone_have_no_header()
    {
        Export(counts: false);
        Assert.Equal("1\t-0.5\n1E-45\tNaN\n0.1\t0\n0\t-0\n", Read("vectors.tsv"));
        Assert.Equal("the\na\\tb\\nc\\rd\n(empty)\n\\u00a0\\u0009\n", Read("metadata.tsv"));
    }

    [Fact]
    public void Words_with_counts_have_one()
    {
        Export(counts: true);
        Assert.Equal("word\tcount\nthe\t12\na\\tb\\nc\\rd\t3\n(empty)\t2\n\\u00a0\\u0009\t1\n", Read("metadata.tsv"));
    }

    [Fact]
    public void The_descriptions_fit_the_files()
    {
        Export(counts: false);
        Assert.Equal(
            "embeddings {\n  tensor_name: \"embedding\"\n  tensor_shape: 4\n  tensor_shape: 2\n  tensor_path: \"vectors.tsv\"\n  metadata_path: \"metadata.tsv\"\n}\n",
            Read("projector_config.pbtxt"));
        Assert.Equal(
            """{"embeddings":[{"tensorName":"embedding","tensorShape":[4,2],"tensorPath":"vectors.tsv","metadataPath":"metadata.tsv"}]}""",
            Read("projector_config.json").Replace(" ", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal));
        Assert.Equal(4, Directory.GetFiles(_folder.Path).Length);
    }

    [Fact]
    public void More_than_a_buffer_is_written_in_order()
    {
        using (ProjectorExport export = ProjectorExport.Create(_folder.Path, "embedding", 1, counts: false))
        {
            for (int i = 0; i < 30_000; i++)
                export.Add($"word{i}", [i]);
            export.Complete();
        }

        Assert.Equal(Enumerable.Range(0, 30_000).Select(i => $"word{i}"), File.ReadLines(_folder.In("metadata.tsv")));
        Assert.Equal(Enumerable.Range(0, 30_000).Select(i => $"{i}"), File.ReadLines(_folder.In("vectors.tsv")));
    }

    [Fact]
    public void An_export_that_does_not_complete_leaves_nothing()
    {
        using (ProjectorExport export = ProjectorExport.Create(_folder.Path, "embedding", 1, counts: false))
        {
            export.Add("a", [1]);
            Assert.Throws<ArgumentException>(() => export.Add("a", [1, 2]));
        }

        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    private void Export(bool counts)
    {
        using ProjectorExport export = ProjectorExport.Create(_folder.Path, "embedding", 2, counts);
        export.Add("the", [1, -0.5f], 12);
        export.Add("a\tb\nc\rd", [float.Epsilon, float.NaN], 3);
        export.Add("", [0.1f, 0], 2);
        export.Add("\u00a0\t", [0, -0f], 1);
        export.Complete();
    }

    private string Read(string name) => File.ReadAllText(_folder.In(name));
}
