using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Text.Json;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Testing;
using DistEmbed.Worker.Models;
using DistEmbed.Worker.Models.Custom;

namespace DistEmbed.Worker.Tests.Models.Custom;

/// <summary>A user's class becomes a model, or one clear error. The classes are those of <see cref="UserModel"/>, in a copy of this assembly.</summary>
public sealed class CustomModelTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public CustomModelTests() => File.Copy(typeof(UserModel).Assembly.Location, Dll);

    private string Dll => _folder.In("DistEmbed.Worker.Tests.dll");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_class_is_loaded_with_its_settings_into_a_place_of_its_own_and_shares_the_interface()
    {
        using IEmbeddingModel model = Create(nameof(UserModel), """{ "rate": 0.5, "layers": [{ "units": 3 }], "mode": "two-words" }""");
        object own = Own(model);
        Assert.Equal(typeof(UserModel).FullName, own.GetType().FullName);
        Assert.NotEqual(typeof(UserModel), own.GetType()); // another assembly: the one of the job
        Assert.Equal("0.5 3 TwoWords", own.ToString());
        using IEmbeddingModel other = Create(nameof(UserModel), "{}");
        Assert.Equal(own.GetType(), Own(other).GetType());
        Assert.Equal("1 0 One", Own(other).ToString());

        static object Own(IEmbeddingModel model) => Assert.IsType<ZeroedGradients>(model).Model;
    }

    [Fact]
    public void Its_gradients_are_zero_before_it_fills_them_so_that_it_may_add_to_them()
    {
        using IEmbeddingModel model = Create(nameof(AddingModel), "{}");
        float[] gradient = [.. Enumerable.Repeat(float.NaN, 12)];
        model.Train(new TwoRows(), [new float[8]], [gradient]);

        Assert.Equal([0, 1, 0, 0, 0, 0, 0, 0, float.NaN, float.NaN, float.NaN, float.NaN], gradient); // behind the rows nothing is touched
        model.Train(new TwoRows(), [new float[8]], [null]); // frozen
    }

    public static TheoryData<string, string, string, string> Refused => new()
    {
        { nameof(UserModel), """{ "ratee": 1 }""", "model.settings.ratee", "Did you mean `rate`?" },
        { nameof(UserModel), """{ "rate": "much" }""", "model.settings.rate", "must be a number" },
        { nameof(UserModel), """{ "mode": "three" }""", "model.settings.mode", "Known values: one, two-words." },
        { nameof(UserModel), """{ "layers": [{ "unit": 3 }] }""", "model.settings.layers.0.unit", "Did you mean `units`?" },
        { nameof(UserModel), """{ "rate": -1 }""", "model", "throws ArgumentException: rate is -1" },
        { "UserModle", "{}", "model.type", "Did you mean `DistEmbed.Worker.Tests.Models.Custom.UserModel`?" },
        { nameof(NoModel), "{}", "model.type", "does not implement IEmbeddingModel" },
        { nameof(AbstractModel), "{}", "model.type", "is abstract, generic or not public" },
        { nameof(OddConstructorModel), "{}", "model.type", "has 0 public constructors that can be called" },
        { nameof(OddSettingsModel), "{}", "model.settings", "cannot be read as" },
        { nameof(PlainModel), """{ "rate": 1 }""", "model.settings", "takes none" },
        { nameof(NoEmbeddingModel), "{}", "model.type", "no table is named embedding" },
        { nameof(TwiceNamedModel), "{}", "model.type", "two tables are named embedding" },
        { nameof(OtherGroupModel), "{}", "model.groups", "are of the groups embedding, hidden" },
        { nameof(OtherSizeModel), "{}", "model.type", "has 3 rows of 4 numbers, and the data's words need 4 of 4" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_is_wrong_is_told_in_one_line(string type, string settings, string where, string what)
    {
        InputError error = Assert.Throws<InvalidInputException>(() => Create(type, settings)).Errors[0];
        Assert.Equal(where, error.Where);
        Assert.Contains(what, error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.ToString());
    }

    [Fact]
    public void Files_that_are_none_or_no_assembly_are_refused()
    {
        Refuses(_folder.In("none.dll"), null, "There is no file");
        Refuses(_folder.Path, null, "cannot be read");
        string text = _folder.In("text.dll");
        File.WriteAllText(text, "text");
        Refuses(text, null, "is no .NET assembly");
        Refuses(typeof(CsCheck.Gen).Assembly.Location, null, "does not refer to distembed-worker");
    }

    [Fact]
    public void Another_build_than_that_of_the_job_is_refused_with_both_values()
    {
        string hash = ModelAssembly.Read(Dll).Sha256, other = new('a', 64);
        using (IEmbeddingModel model = Create(nameof(PlainModel), "{}", hash))
            Assert.Single(model.Tables);
        Refuses(Dll, other, hash, other);
    }

    [Fact]
    public void An_assembly_that_is_built_against_another_version_is_refused_with_both_versions()
    {
        byte[] content = File.ReadAllBytes(Dll);
        using (var image = new PEReader(new MemoryStream(content)))
        {
            MetadataReader metadata = image.GetMetadataReader();
            AssemblyReferenceHandle reference = metadata.AssemblyReferences.First(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name) == "distembed-worker");
            int row = image.PEHeaders.MetadataStartOffset + metadata.GetTableMetadataOffset(TableIndex.AssemblyRef)
                + ((MetadataTokens.GetRowNumber(reference) - 1) * metadata.GetTableRowSize(TableIndex.AssemblyRef));
            BitConverter.GetBytes((ushort)7).CopyTo(content, row); // the major version comes first
        }

        File.WriteAllBytes(Dll, content);
        Refuses(Dll, null, "is built against distembed-worker 7.", "and this is 0.1.0");
    }

    [Fact]
    public void The_hash_covers_what_lies_beside_and_is_needed_and_nothing_else()
    {
        string alone = ModelAssembly.Read(Dll).Sha256;
        _folder.Write("note.txt", "a note");
        File.Copy(typeof(IEmbeddingModel).Assembly.Location, _folder.In("distembed-worker.dll")); // the program's own is shared, and not loaded from here
        Assert.Equal(alone, ModelAssembly.Read(Dll).Sha256);
        File.Copy(typeof(CsCheck.Gen).Assembly.Location, _folder.In("CsCheck.dll"));
        Assert.NotEqual(alone, ModelAssembly.Read(Dll).Sha256);
        using IEmbeddingModel model = Create(nameof(PlainModel), "{}");
        Assert.IsAssignableFrom<IEmbeddingModel>(model);
    }

    private sealed class TwoRows() : PreparedSlice(null!, [[1, 3]]);

    private void Refuses(string path, string? sha256, params string[] parts)
    {
        string message = Assert.Throws<InvalidInputException>(() => Create(nameof(PlainModel), "{}", sha256, path)).Errors.Single().ToString();
        Assert.All(parts, part => Assert.Contains(part, message, StringComparison.Ordinal));
        Assert.DoesNotContain('\n', message);
    }

    private IEmbeddingModel Create(string type, string settings, string? sha256 = null, string? path = null)
    {
        var spec = new CustomModelSpec
        {
            Assembly = path ?? Dll,
            Type = $"{typeof(UserModel).Namespace}.{type}",
            TableGroups = ["embedding"],
            Settings = JsonSerializer.Deserialize<ModelSettings>(settings)!,
            Sha256 = sha256,
        };
        return ModelCatalog.Create(spec, new ModelShape(new WordVocabulary(["a", "b"], [3, 1]), Labels: 2, Dimension: 4, EmbeddingRange: null) { ModelPath = spec.Assembly });
    }
}
