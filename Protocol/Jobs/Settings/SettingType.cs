using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DistEmbed.Protocol.Jobs.Settings;

/// <summary>What a setting may hold, read off the records: the one source of known keys for checking, merging and the schema.</summary>
internal abstract class SettingType
{
    private static readonly ConcurrentDictionary<Type, SettingType> s_known = new();

    /// <summary>What is expected, as a message says it.</summary>
    public abstract string Expected { get; }

    /// <summary>The setting type of a .NET type.</summary>
    public static SettingType Of(Type type) => s_known.GetOrAdd(type, Create);

    private static SettingType Create(Type type)
    {
        if (type == typeof(string))
            return new TextSetting();
        if (type == typeof(FilePaths))
            return new PathsSetting();
        if (type == typeof(bool))
            return new FlagSetting();
        if (type == typeof(int))
            return new IntegerSetting(int.MinValue, int.MaxValue);
        if (type == typeof(long))
            return new IntegerSetting(long.MinValue, long.MaxValue);
        if (type == typeof(ulong))
            return new IntegerSetting(ulong.MinValue, ulong.MaxValue);
        if (type == typeof(double))
            return new NumberSetting(double.MaxValue);
        if (type == typeof(float))
            return new NumberSetting(float.MaxValue);
        if (type.IsEnum)
            return new ChoiceSetting(type);
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>))
            return new MapSetting(Of(type.GetGenericArguments()[1]));
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
            return new ListSetting(Of(type.GetGenericArguments()[0]));
        if (type.GetCustomAttribute<JsonPolymorphicAttribute>(inherit: false) is { } polymorphic)
            return new VariantSetting(type, polymorphic.TypeDiscriminatorPropertyName!);
        if (type == typeof(ModelSettings))
            return new FreeSetting();
        if (type.IsClass && !type.IsAbstract)
            return new RecordSetting(type);
        throw new NotSupportedException($"A setting cannot be of type {type}.");
    }
}

/// <summary>Text.</summary>
internal sealed class TextSetting : SettingType
{
    public override string Expected => "text";
}

/// <summary>A path, or a list of them.</summary>
internal sealed class PathsSetting : SettingType
{
    public override string Expected => "text, or a list of text";
}

/// <summary>True or false.</summary>
internal sealed class FlagSetting : SettingType
{
    public override string Expected => "true or false";
}

/// <summary>A whole number in a range.</summary>
internal sealed class IntegerSetting(Int128 smallest, Int128 largest) : SettingType
{
    public Int128 Smallest { get; } = smallest;

    public Int128 Largest { get; } = largest;

    public override string Expected => "a whole number";
}

/// <summary>A number.</summary>
internal sealed class NumberSetting(double largest) : SettingType
{
    public double Largest { get; } = largest;

    public override string Expected => "a number";
}

/// <summary>One of a few words.</summary>
internal sealed class ChoiceSetting(Type type) : SettingType
{
    public IReadOnlyList<FieldInfo> Fields { get; } = type.GetFields(BindingFlags.Public | BindingFlags.Static);

    public IReadOnlyList<string> Names => [.. Fields.Select(member => NameOf(member.Name))];

    public override string Expected => "one of " + string.Join(", ", Names);

    public static string NameOf(string member) => JsonNamingPolicy.KebabCaseLower.ConvertName(member);
}

/// <summary>A list.</summary>
internal sealed class ListSetting(SettingType item) : SettingType
{
    public SettingType Item { get; } = item;

    public override string Expected => "a list";
}

/// <summary>An object whose keys only a class of the user's knows.</summary>
internal sealed class FreeSetting : SettingType
{
    public override string Expected => "an object";
}

/// <summary>An object whose keys are the user's.</summary>
internal sealed class MapSetting(SettingType value) : SettingType
{
    public SettingType Value { get; } = value;

    public override string Expected => "an object";
}

/// <summary>A key of a record.</summary>
/// <param name="Name">The key.</param>
/// <param name="Property">The property.</param>
/// <param name="Type">What it holds.</param>
/// <param name="Nullable">Whether null is a value of its own.</param>
/// <param name="Required">Whether a record of it has to have it.</param>
/// <param name="FilledIn">Whether a file may leave it out, since its default depends on other settings.</param>
/// <param name="Default">Its default; null for a required one.</param>
internal sealed record SettingProperty(string Name, PropertyInfo Property, SettingType Type, bool Nullable, bool Required, bool FilledIn, object? Default);

/// <summary>An object with known keys.</summary>
internal sealed class RecordSetting : SettingType
{
    public RecordSetting(Type type)
    {
        Type = type;
        // The default of a key is what the record's constructor leaves there; required members bind callers in source only.
        object empty = Activator.CreateInstance(type)!;
        var nullability = new NullabilityInfoContext();
        Properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.CanWrite && property.GetCustomAttribute<JsonIgnoreAttribute>() is null)
            .Select(property => new SettingProperty(
                property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? JsonNamingPolicy.CamelCase.ConvertName(property.Name),
                property,
                Of(System.Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType),
                nullability.Create(property).WriteState == NullabilityState.Nullable,
                property.IsDefined(typeof(System.Runtime.CompilerServices.RequiredMemberAttribute)),
                property.IsDefined(typeof(DependentDefaultAttribute)),
                property.GetValue(empty)))
            .ToDictionary(property => property.Name, StringComparer.Ordinal);
    }

    public Type Type { get; }

    public IReadOnlyDictionary<string, SettingProperty> Properties { get; }

    public override string Expected => "an object";
}

/// <summary>An object of one of several kinds; a key says which.</summary>
internal sealed class VariantSetting(Type type, string discriminator) : SettingType
{
    public Type Type { get; } = type;

    public string Discriminator { get; } = discriminator;

    public IReadOnlyDictionary<string, RecordSetting> Cases { get; } = type
        .GetCustomAttributes<JsonDerivedTypeAttribute>(inherit: false)
        .ToDictionary(derived => (string)derived.TypeDiscriminator!, derived => new RecordSetting(derived.DerivedType), StringComparer.Ordinal);

    public override string Expected => "an object";

    /// <summary>The case that <paramref name="node"/> names, or null.</summary>
    public RecordSetting? CaseOf(SettingObject node) =>
        node[Discriminator] is SettingScalar { Kind: JsonValueKind.String } kind ? Cases.GetValueOrDefault(kind.Text) : null;
}
