using System.Reflection;

namespace DistEmbed.Protocol.Node;

/// <summary>Version of the program.</summary>
public static class ProductVersion
{
    /// <summary>As nodes tell each other.</summary>
    public static string Text { get; } = typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
